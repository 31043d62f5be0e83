// Trying again by itself: only where there was no answer, and not for long. Pure but for the wait.

import { NoAnswer } from "./refusal.js";

const DELAYS_MS = [600, 2000];

/** How long to wait before the next try, null if there is none. @param {number} failures so far */
export function retryDelayMs(failures, random) {
  const delayMs = DELAYS_MS[failures - 1];
  return delayMs === undefined ? null : delayMs * (0.75 + 0.5 * random());
}

/**
 * Do it, and again where there was no answer: so the action has to be one that can be done twice.
 * @param {(failures: number) => Promise<T>} action is told how many tries have failed before
 * @param {AbortSignal} signal
 * @param {{wait?: (ms: number) => Promise<void>, random?: () => number}} means
 * @returns {Promise<T>}
 * @template T
 */
export async function withRetries(action, signal, { wait = pause, random = Math.random } = {}) {
  for (let failures = 0; ; failures += 1) {
    try {
      return await action(failures);
    } catch (error) {
      const delayMs = error instanceof NoAnswer ? retryDelayMs(failures + 1, random) : null;
      if (delayMs === null) throw error;
      await wait(delayMs);
      signal.throwIfAborted();
    }
  }
}

function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
