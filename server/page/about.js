// How long the server keeps what, in words; whether it is a demo; and where people sign in.

import { byId, say } from "./dom.js";
import { linkSignIn } from "./door.js";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/** Say it where it belongs; where the server does not tell, nothing more is said. */
export async function showAbout() {
  try {
    const answer = await fetch("/api/hair-tryOn/about", { cache: "no-store" });
    if (!answer.ok) return;
    const { is_demo: isDemo, kept_s: keptS, sign_in_url: signInUrl } = await answer.json();
    say(byId("kept-words"), keptWords(keptS));
    byId("demo-words").hidden = !isDemo;
    linkSignIn(signInUrl);
  } catch {
    // The page says in its own places that the server cannot be reached.
  }
}

/** @param {{uploads: number, results: number, photos: number}} keptS */
export function keptWords({ uploads, results, photos }) {
  return `: your videos after ${spanWords(uploads)}, results after ${spanWords(results)} and photos `
    + `after ${spanWords(photos)}`;
}

/** @param {number} seconds */
export function spanWords(seconds) {
  const [unit, count] = [["day", seconds / DAY_S], ["hour", seconds / HOUR_S], ["minute", seconds / 60]]
    .find(([, number]) => number >= 1) ?? ["minute", 1];
  const rounded = Math.round(count * 10) / 10;
  return `${rounded} ${unit}${rounded === 1 ? "" : "s"}`;
}
