// Words for everything that can go wrong, and for what has been done.

/** Shown in place of the picture: what is the matter, what to do, and the button for it. */
const PROBLEMS = {
  insecure: {
    title: "No camera on this address",
    text: "Browsers give the camera only to safe pages: this page must be opened over https or on localhost for the camera. A video file works here as well.",
    action: "video",
  },
  no_live: {
    title: "No live picture in this browser",
    text: "This browser has no live connections (WebSocket). A photo or a video can be changed all the same.",
    action: "video",
  },
  no_camera: {
    title: "No camera found",
    text: "Connect a camera and try again, or play a video file instead.",
    action: "camera",
  },
  camera_refused: {
    title: "The camera is not allowed",
    text: "Permission was refused. Allow the camera for this page in the browser's address bar and try again, or play a video file instead.",
    action: "camera",
  },
  camera_busy: {
    title: "The camera cannot be used",
    text: "Another program seems to be using it. Close that program and try again, or play a video file instead.",
    action: "camera",
  },
  camera_failed: {
    title: "The camera did not start",
    text: "The browser could not open it. Try again, or play a video file instead.",
    action: "camera",
  },
  camera_lost: {
    title: "The camera has gone",
    text: "It was unplugged, or its permission was taken back. Connect it and try again.",
    action: "camera",
  },
  video_unreadable: {
    title: "This file cannot be played",
    text: "It is not a video that this browser knows. MP4 (H.264) and WebM usually work.",
    action: "video",
  },
  connection_lost: {
    title: "The connection is lost",
    text: "Your look is kept, and comes back with the connection.",
    action: "retry",
  },
  unreachable: {
    title: "The server cannot be reached",
    text: "It may be down, or there is no network. The page goes on trying.",
    action: "retry",
  },
  server_closing: {
    title: "The server is restarting",
    text: "The page comes back as soon as the server does. Your look is kept.",
    action: "retry",
  },
  server_failed: {
    title: "The server had a fault",
    text: "Your look is kept, and comes back with the connection.",
    action: "retry",
  },
  server_full: {
    title: "The server is full",
    text: "All places are taken. You get one as soon as somebody leaves.",
    action: "retry",
  },
  user_full: {
    title: "You have as many live pictures open as one person may",
    text: "Close one of them, in another tab or on another device. Then this one goes on.",
    action: "retry",
  },
  rate_limited: {
    title: "That was too often in a short time",
    text: "The server begins no live picture for you just now. The page tries again when it may.",
    action: "retry",
  },
  too_slow: {
    title: "The connection is too slow",
    text: "The pictures did not get through to you. A smaller picture size under Advanced may help.",
    action: "retry",
  },
  message_too_big: {
    title: "That was too large for the server",
    text: "Choose a smaller photo, or a smaller picture size under Advanced.",
    action: "retry",
  },
  idle: {
    title: "Paused",
    text: "Nothing was sent for a while, so the server let this try-on go. Your look is kept.",
    action: "resume",
  },
  taken_over: {
    title: "This try-on goes on elsewhere",
    text: "It was opened in another window. Only one can show it at a time.",
    action: "take_back",
  },
  erased: {
    title: "Your data were erased",
    text: "With them this try-on has ended. You can begin a new one.",
    action: "reload",
  },
  unauthorized: {
    title: "This server wants to know who you are",
    text: "It is not open to everybody. Sign in, or use the app or the site that belongs to it.",
    action: "reload",
  },
  signed_out: {
    title: "You are not signed in any more",
    text: "You were, for a while. Sign in again to go on.",
    action: "reload",
  },
  switched: {
    title: "You are signed in as somebody else now",
    text: "What is shown here belongs to whom you were before. Load the page again to go on.",
    action: "reload",
  },
  consent_required: {
    title: "You have not agreed yet, or no more",
    text: "This server takes pictures only of those who have agreed to what is done with them.",
    action: "retry",
  },
  forbidden: {
    title: "This try-on belongs to somebody else",
    text: "The server refused it. Load the page again to begin a new one.",
    action: "reload",
  },
  request_refused: {
    title: "The server does not understand this page",
    text: "They may be of different versions. Load the page again.",
    action: "reload",
  },
};

const ACTIONS = {
  camera: "Try again",
  video: "Play a video file",
  retry: "Try now",
  resume: "Continue",
  take_back: "Take it back",
  reload: "Load again",
};

const GOOD_PHOTO = "Try one of a single head, from the front, in even light, with the hair in full view.";

/** By the server's error codes; what is not here is said in the server's own words. */
const ERRORS = {
  UNAUTHORIZED: "You are not signed in.",
  FORBIDDEN: "The server says that this belongs to somebody else. Load the page again.",
  CONSENT_REQUIRED: "The server takes no pictures of those who have not agreed to what is done with them.",
  PROCESSING_FAILED: "The server could not change the last picture.",
  RATE_LIMITED: "Too much at once: the server asks for fewer pictures.",
  INVALID_LOOK: "The server does not know this look.",
  NO_PERSON: `No person is found in this photo. ${GOOD_PHOTO}`,
  NO_FRAME: "No live picture came that a snapshot could be made of.",
  SESSION_ELSEWHERE: "A snapshot cannot be made: your live picture goes to another server than this request.",
  NO_HAIR: `Too little hair is found in this photo. ${GOOD_PHOTO}`,
  INVALID_IMAGE: "The server cannot read this photo.",
  INVALID_BASE64: "The photo arrived broken. Choose it again.",
  EMPTY_IMAGE: "The photo is empty.",
  IMAGE_TOO_LARGE: "The photo has too many pixels for the server.",
  STORAGE_UNAVAILABLE: "The server cannot look up sessions at the moment.",
  INTERNAL_ERROR: "The server had a fault.",
};

/** @returns {{title: string, text: string, action: string, label: string}} */
export function problemWords(problem) {
  const words = PROBLEMS[problem] ?? PROBLEMS.connection_lost;
  return { ...words, label: ACTIONS[words.action] };
}

/** @param {{error: string, message?: string}} message an error message from the server */
export function errorWords({ error, message }) {
  return ERRORS[error] ?? `The server reports: ${message || error}`;
}

/** By the server's advice: short, since they stand over the picture. */
const COACHING = {
  no_head: "Move into the picture",
  too_dark: "A little more light, please",
  too_far: "Come a little closer",
  several_heads: "Best with one person in the picture",
};

/** @param {string | null} advice see coach.js @returns {string} empty if there is none */
export function coachWords(advice) {
  return COACHING[advice] ?? "";
}

const PARTS = { shine: "shine", ombre: "the ombre", highlights: "highlights" };

/**
 * What the server says it will apply, and what it will not.
 * @param {{look: object | null, applied: string[], note: string | null}} answer
 */
export function appliedWords({ look, applied, note }) {
  if (!look) return "Your own hair, unchanged.";
  const parts = applied.includes("color") ? [colorWords(look)] : [];
  if (applied.includes("style")) parts.push("the style of your photo");
  parts.push(...applied.filter((part) => part in PARTS).map((part) => PARTS[part]));
  const done = parts.length > 0 ? `Applied: ${listed(parts)}.` : "Nothing is applied yet.";
  return note ? `${done} ${note}` : done;
}

function colorWords({ color, color_image: colorPhoto }) {
  return color !== null && !colorPhoto ? "the colour" : "the colour of your photo";
}

function listed(words) {
  return [words.slice(0, -1).join(", "), words.at(-1)].filter(Boolean).join(" and ");
}
