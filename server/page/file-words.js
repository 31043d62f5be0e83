// Words for what becomes of photos and videos. Pure.

import { reasonWords } from "./cloud-words.js";
import { errorWords } from "./messages.js";
import { Refusal } from "./client/refusal.js";

const MB = 1024 * 1024;
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const FIELDS = new Map([
  ["image", "Your photo"],
  ["frame", "Your picture"],
  ["style_image", "Your style photo"],
  ["color_image", "Your colour photo"],
]);
const PHOTO_ADVICE = new Map([
  ["too_dark", "It is rather dark: one with more light comes out better."],
  ["too_far", "The head is small: one from nearer comes out better."],
]);

/** Announced when a state begins; what moves within it is shown only. */
const NEWS = {
  uploading: "On its way to the server.",
  queued: "Your video waits for its turn.",
  processing: "Your video is being changed.",
  completed: "Done.",
  // What went wrong is told elsewhere.
  failed: "",
  cancelled: "Cancelled. Nothing came of it.",
};

/** In the history. */
const STATES = {
  queued: "Waiting",
  processing: "Changing",
  completed: "Ready",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** @param {string} state of a change @returns {string | null} null if there is nothing new */
export function newsWords(state) {
  return NEWS[state] ?? null;
}

/** @param {string} status of a result */
export function stateWords(status) {
  return STATES[status] ?? status;
}

/** "1.2 MB"; small ones in kB. */
export function bytesWords(bytes) {
  if (bytes < MB) return `${Math.max(1, Math.round(bytes / 1024))} kB`;
  return `${trimmed(bytes / MB)} MB`;
}

/** "about 7 s left", "about 2 min left". */
export function leftWords(seconds) {
  const rounded = Math.max(1, Math.round(seconds));
  return rounded < 90 ? `about ${rounded} s left` : `about ${Math.round(rounded / 60)} min left`;
}

/**
 * How far it is: words, and a share of 0 to 1, null where that is not known.
 * @param {{state: string, sent: object | null, progress: object | null}} change
 * @returns {{words: string, share: number | null}}
 */
export function progressOf({ state, sent, progress }) {
  if (state === "uploading") return sendingOf(sent);
  if (state === "ordering") return { words: "Handing it in…", share: null };
  if (progress === null) return { words: `${stateWords(state)}…`, share: null };
  const { frames_done: done, frames_total: total, progress: share, time_left: leftS } = progress;
  const left = leftWords(leftS);
  if (state === "queued") return { words: `Waiting for its turn, ${left}`, share: null };
  const percent = Math.floor(100 * share);
  return { words: `${percent} %, ${done} of ${total} frames, ${left}`, share };
}

function sendingOf(sent) {
  if (sent === null) return { words: "Uploading…", share: null };
  const { bytes, total } = sent;
  if (bytes >= total) return { words: "Uploaded; the server looks at it…", share: null };
  const share = bytes / total;
  const [done, all] = [bytesWords(bytes), bytesWords(total)];
  return { words: `Uploading: ${Math.floor(100 * share)} %, ${done} of ${all}`, share };
}

/** What went wrong with a request. @param {Error} error */
export function failureWords(error) {
  if (!(error instanceof Refusal)) {
    return "The server cannot be reached. Check your connection, and try again.";
  }
  const again = error.retryAfterS === null ? "" : ` Try again in ${waitWords(error.retryAfterS)}.`;
  return refusalWords(error) + again;
}

function refusalWords({ status, code, message, limit, quota, reason }) {
  if (reason !== null) return `It could not be made: ${reasonWords(reason)}.`;
  if (status === 413) return tooLargeWords(code, message);
  if (code === "SERVER_FULL") return "The server has too much to do just now.";
  if (code === "RATE_LIMITED") return limitWords(limit);
  if (quota) return `All ${quota.videos_per_month} videos of this month are used.`;
  if (!code) return `The server does not take it (status ${status}).`;
  const [, field, text] = /^(?:(\w+): )?(.*)$/s.exec(message);
  const words = errorWords({ error: code, message: text });
  return FIELDS.has(field) ? `${FIELDS.get(field)}: ${words}` : words;
}

/** Of one's own limits: in time, or of how much goes on at once. */
function limitWords(limit) {
  if (limit === null) return "You have as much under way as one person may.";
  const { name, amount, within_s: withinS } = limit;
  return `At most ${amount} ${name} within ${withinS === HOUR_S ? "an hour" : waitWords(withinS)}.`;
}

function waitWords(seconds) {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 2 * HOUR_S) return `${Math.ceil(seconds / 60)} min`;
  return seconds < 2 * DAY_S ? `${Math.ceil(seconds / HOUR_S)} h` : `${Math.ceil(seconds / DAY_S)} days`;
}

function tooLargeWords(code, message) {
  const [, limit] = /more than the (\d+) bytes/.exec(message) ?? [];
  if (limit) return `This file is too large: the server takes up to ${bytesWords(Number(limit))}.`;
  return code === "IMAGE_TOO_LARGE" ? errorWords({ error: code }) : "This file is too large for the server.";
}

/** What was erased of a user. @param {{uploads: number, results: number, sessions: number}} erased */
export function erasureWords({ uploads, results, sessions }) {
  if (uploads + results + sessions === 0) return "There was nothing to erase.";
  const counts = [counted(uploads, "video"), counted(results, "result"), counted(sessions, "live session")];
  return `Erased: ${counts.join(", ")}, and all that belonged to them.`;
}

function counted(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** Why a result failed. @param {{error_message: string | null}} result */
export function resultFailureWords({ error_message: message }) {
  return `The video could not be changed${message ? `: ${message}` : ""}. You can try again.`;
}

/** What was seen in a photo. @param {{heads: number | null, advice: string[]}} result */
export function photoWords({ heads, advice }) {
  const found = heads !== null && heads > 1 ? [`${heads} heads are found.`] : [];
  return [...found, ...advice.map((one) => PHOTO_ADVICE.get(one))].filter(Boolean).join(" ");
}

/** The visitor's own date and time; the year only where it is another. @param {string} iso */
export function dateWords(iso, today = new Date()) {
  const date = new Date(iso);
  const year = date.getFullYear() === today.getFullYear() ? {} : { year: "numeric" };
  const parts = { day: "numeric", month: "short", hour: "numeric", minute: "2-digit", ...year };
  return date.toLocaleString([], parts);
}

function trimmed(number) {
  return number < 10 ? String(Math.round(number * 10) / 10) : String(Math.round(number));
}
