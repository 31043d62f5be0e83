// What the server says of itself: how long it keeps what, whether it is a demo, where people sign in.

import { PATIENCE_MS } from "./client/calls.js";
import { byId, say } from "./dom.js";
import { linkSignIn } from "./door.js";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/**
 * Ask the server, and say it where it belongs.
 * @returns {Promise<object | null>} what it says of itself; null if it cannot be reached
 */
export async function readAbout() {
  const about = await askAbout();
  if (about !== null) showAbout(about);
  return about;
}

async function askAbout() {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const answer = await fetch("/api/hair-tryOn/about", { cache: "no-store", signal });
    return answer.ok ? await answer.json() : null;
  } catch {
    // The page says in its own places that the server cannot be reached.
    return null;
  }
}

function showAbout(about) {
  say(byId("kept-words"), keptWords(about.kept_s));
  byId("demo-words").hidden = !about.is_demo;
  byId("withdraw-cloud").hidden = !about.cloud;
  byId("withdraw-place").hidden = !about.consent.required;
  showStart(about.consent.required);
  linkSignIn(about.sign_in_url);
}

/** Who is asked to agree anyway does not agree by these buttons, too. */
function showStart(isAsked) {
  say(byId("start-camera-words"), isAsked ? "Start the camera" : "Agree and start the camera");
  say(byId("start-video-words"), isAsked ? "Play a video file" : "Agree and play a video file");
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
