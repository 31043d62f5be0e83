// The words over the picture that tell the visitor where to move.

import { Coach } from "./coach.js";
import { byId, say } from "./dom.js";
import { coachWords } from "./messages.js";

const COACH_EVERY_MS = 100;

/**
 * @param {() => number} now milliseconds
 * @param {() => boolean} isWanted whether advice is of any use at the moment
 * @returns {(advice: string[]) => void} takes what the server advises
 */
export function startHints(now, isWanted) {
  const coach = new Coach(now);
  setInterval(() => {
    if (!isWanted()) coach.reset();
    const words = coachWords(coach.advice);
    byId("hint").classList.toggle("shown", words !== "");
    // While it fades the words stay: an empty plate would flash.
    if (words !== "") say(byId("hint"), words);
  }, COACH_EVERY_MS);
  return (advice) => coach.see(advice);
}
