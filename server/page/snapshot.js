// Saves the picture on show as a file.

import { make } from "./dom.js";

// The browser reads the address only after the click has returned.
const KEEP_MS = 10_000;

/**
 * @param {Blob} jpeg the result as the server sent it: whole, not mirrored, coded once
 * @param {import("./client/look.js").Look} look names the file
 * @returns {string} the file's name
 */
export function saveSnapshot(jpeg, look) {
  const download = fileName(look, "jpg");
  const href = URL.createObjectURL(jpeg);
  make("a", { href, download }).click();
  setTimeout(() => URL.revokeObjectURL(href), KEEP_MS);
  return download;
}

/** What a result of this look is saved as. */
export function fileName(look, extension) {
  return `hair-try-on-${nameOf(look)}-${stamp(new Date())}.${extension}`;
}

function nameOf({ color, colorPhoto, stylePhoto, isEmpty }) {
  if (isEmpty) return "original";
  if (color !== null) return color.replace("#", "");
  return colorPhoto || stylePhoto ? "photo" : "own-colour";
}

/** The visitor's own time as 20260131-134501. */
function stamp(date) {
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const digits = (parts) => parts.map((part) => String(part).padStart(2, "0")).join("");
  return `${digits(day)}-${digits(time)}`;
}
