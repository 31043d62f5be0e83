// How far what is under way is: over the place of its result.

import { byId, say } from "./dom.js";
import { progressOf } from "./file-words.js";

/** @param {object} change see PhotoChange and VideoChange */
export function showWork(change) {
  if (!change.isUnderWay) return;
  const { words, share } = progressOf(change);
  say(byId("work-words"), words);
  if (share === null) byId("work-bar").removeAttribute("value");
  else byId("work-bar").value = share;
}
