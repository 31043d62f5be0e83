// What the page measures of itself: rate, round trip and losses.

import { percentile } from "./client/percentile.js";

const WINDOW_MS = 5000;
// A rate over less than this would be a guess.
const SHORTEST_SPAN_MS = 500;

/** Counts since the start; rate and round trip over the last five seconds. */
export class Figures {
  #now;
  #recent = [];
  #counts = { delivered: 0, dropped: 0, errors: 0 };
  #startedMs = null;

  /** @param {() => number} now monotonic milliseconds */
  constructor(now) {
    this.#now = now;
  }

  /** @param {number | null} roundTripMs null where it is not known */
  delivered(roundTripMs) {
    const atMs = this.#now();
    this.#startedMs ??= atMs;
    this.#counts.delivered += 1;
    this.#recent.push({ atMs, roundTripMs });
    this.#trim(atMs);
  }

  dropped(count = 1) {
    this.#counts.dropped += count;
  }

  failed() {
    this.#counts.errors += 1;
  }

  /** After a pause the rate starts anew, so that the pause does not count as slowness. */
  paused() {
    this.#recent = [];
    this.#startedMs = null;
  }

  /** Rate in frames a second, round trips in milliseconds (null before the first answer). */
  read() {
    const nowMs = this.#now();
    this.#trim(nowMs);
    const trips = this.#recent.map((entry) => entry.roundTripMs).filter((trip) => trip !== null);
    return {
      ...this.#counts,
      fps: this.#rate(nowMs),
      p50: percentile(trips, 0.5),
      p95: percentile(trips, 0.95),
    };
  }

  #rate(nowMs) {
    if (this.#startedMs === null) return 0;
    const spanMs = Math.min(WINDOW_MS, Math.max(SHORTEST_SPAN_MS, nowMs - this.#startedMs));
    return (this.#recent.length * 1000) / spanMs;
  }

  #trim(nowMs) {
    while (this.#recent.length > 0 && this.#recent[0].atMs < nowMs - WINDOW_MS) {
      this.#recent.shift();
    }
  }
}
