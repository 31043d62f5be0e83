// What to do after a connection has ended: why it ended, and whether and when to try again.

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
// A server that closes has told all of its clients at once, and another one is there for them; it is
// so, too, where one answers that the call is gone.
const AT_ONCE_MS = 200;
// A place becomes free when somebody leaves, not within a second.
const FULL_DELAY_MS = 12_000;
// So it is with a place of one's own, and each try counts as one of the connections.
const USER_FULL_DELAY_MS = 30_000;

const PROBLEM_OF_CODE = new Map([
  [1001, "server_closing"],
  [1009, "message_too_big"],
  [1011, "server_failed"],
  [1012, "server_closing"],
  [1013, "too_slow"],
  [4400, "request_refused"],
  [4401, "unauthorized"],
  [4403, "forbidden"],
  [4408, "idle"],
  [4409, "taken_over"],
  [4410, "erased"],
]);
// Where there are no closing codes, as by WebRTC, what was announced has to do.
const PROBLEM_OF_ERROR = new Map([
  ["UNAUTHORIZED", "unauthorized"],
  ["SESSION_FORBIDDEN", "forbidden"],
  ["SESSION_IDLE", "idle"],
  ["SESSION_TAKEN_OVER", "taken_over"],
  ["DATA_ERASED", "erased"],
  ["INTERNAL_ERROR", "server_failed"],
]);
const FINAL = new Set([
  "request_refused", "unauthorized", "consent_required", "forbidden", "idle", "taken_over", "erased",
]);
const AT_ONCE = new Set(["server_closing", "unauthorized"]);

/**
 * @param {object} ending
 * @param {number} ending.code the close code (1006 if there was none)
 * @param {string | null} ending.announced what the server said before, an error code or
 *   "server_closing"; "CALL_GONE" if it knows no such call
 * @param {{again_in_s: number} | null} [ending.limit] of the server's, in time, if it was for one
 * @param {number} ending.attempt how many tries in a row have failed before this one
 * @param {boolean} [ending.canRenew] whether there may be another token for who is unauthorized
 * @param {() => number} random 0 to 1
 * @returns {{problem: string, delayMs: number | null}} null: do not try again by yourself
 */
export function afterClose({ code, announced, limit = null, attempt, canRenew = false }, random) {
  if (announced === "RATE_LIMITED") return afterLimit(limit, random);
  const problem = nameProblem(code, announced);
  const isFirst = attempt === 0;
  if (FINAL.has(problem) && !(problem === "unauthorized" && canRenew && isFirst)) return { problem, delayMs: null };
  if ((AT_ONCE.has(problem) || announced === "CALL_GONE") && isFirst) return { problem, delayMs: AT_ONCE_MS * random() };
  const jitter = 0.75 + 0.5 * random();
  if (problem === "server_full") return { problem, delayMs: FULL_DELAY_MS * jitter };
  const delayMs = FIRST_DELAY_MS * 2 ** Math.min(attempt, 10) * jitter;
  return { problem, delayMs: Math.min(LONGEST_DELAY_MS, Math.max(FIRST_DELAY_MS, delayMs)) };
}

/** A limit in time says when to come again; without that it is how much goes on at once. */
function afterLimit(limit, random) {
  // Later than that, never earlier.
  const late = 1 + 0.25 * random();
  if (limit === null) return { problem: "user_full", delayMs: USER_FULL_DELAY_MS * late };
  return { problem: "rate_limited", delayMs: limit.again_in_s * 1000 * late };
}

function nameProblem(code, announced) {
  if (announced === "server_closing") return "server_closing";
  if (announced === "SERVER_FULL") return "server_full";
  if (announced === "CONSENT_REQUIRED") return "consent_required";
  if (announced === "STORAGE_UNAVAILABLE") return "server_failed";
  if (code === 1006 && PROBLEM_OF_ERROR.has(announced)) return PROBLEM_OF_ERROR.get(announced);
  return PROBLEM_OF_CODE.get(code) ?? "connection_lost";
}
