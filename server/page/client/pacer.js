// When to send the next frame and how large. Pure: no page, no socket, the clock is handed in.

import { percentile } from "./percentile.js";
import { FlightLimit } from "./flight.js";
import { Ladder } from "./ladder.js";

// More than this still unsent means that the network is the bottleneck: a further frame would
// only stand in the browser's queue and arrive old.
const MOST_BUFFERED_BYTES = 96 * 1024;
const FORGET_MS = 5000;
const WINDOW_MS = 2000;
const REVIEW_MS = 500;
const FEWEST_ANSWERS = 5;
const CHOPPY_FPS = 10;
const FLUENT_FPS = 20;
const LOSSY_SHARE = 0.1;
const CLEAN_SHARE = 0.02;
const CALM_SHARE = 0.6;
// On a long way even the best round trip is long: what counts then is what comes on top of it.
const OVER_SHORTEST = 1.5;
const SHORTEST_HOLDS_MS = 30_000;
// A few frames of credit, since a camera's frames do not come at even intervals.
const MOST_CREDIT = 3;
// The network bunches frames up: at exactly the allowed rate some would arrive too early.
const RATE_SHARE = 0.97;
const DEFAULT_TARGET_MS = 250;

export class Pacer {
  ladder = new Ladder();
  #now;
  #flight = new FlightLimit();
  #inFlight = new Map();
  #answers = [];
  #blocked = [];
  #startedMs = null;
  #reviewedMs = 0;
  #shortest = null;
  #targetMs = DEFAULT_TARGET_MS;
  #intervalMs = 0;
  #credit = MOST_CREDIT;
  #creditedMs;

  /** @param {() => number} now monotonic milliseconds */
  constructor(now) {
    this.#now = now;
    this.#creditedMs = now();
  }

  get inFlight() {
    return this.#inFlight.size;
  }

  get limit() {
    return this.#flight.value;
  }

  /**
   * What the server has told of itself.
   * @param {{target_latency_ms?: number, frames_per_minute?: number}} limits
   */
  obey(limits) {
    const targetMs = limits.target_latency_ms || DEFAULT_TARGET_MS;
    // The server's figure is its own share; the way there and back comes on top.
    this.#targetMs = Math.min(500, Math.max(150, 1.25 * targetMs));
    const perMinute = RATE_SHARE * (limits.frames_per_minute ?? 0);
    this.#intervalMs = perMinute > 0 ? 60_000 / perMinute : 0;
  }

  /** A new connection, or one that was paused: nothing is under way or known of it. */
  reset() {
    this.#inFlight.clear();
    this.#answers = [];
    this.#blocked = [];
    this.#startedMs = null;
    this.#shortest = null;
    this.#flight.reset();
  }

  /**
   * Whether a frame that is there now should be sent.
   * @param {number} bufferedBytes what the socket has not yet sent
   */
  maySend(bufferedBytes) {
    const nowMs = this.#now();
    if (bufferedBytes > MOST_BUFFERED_BYTES || this.#inFlight.size >= this.limit) {
      this.#blocked.push(nowMs);
      return false;
    }
    this.#earn(nowMs);
    return this.#intervalMs === 0 || this.#credit >= 1;
  }

  sent(number) {
    const nowMs = this.#now();
    this.#startedMs ??= nowMs;
    this.#inFlight.set(number, nowMs);
    this.#earn(nowMs);
    this.#credit = Math.max(0, this.#credit - 1);
  }

  /**
   * A frame's answer has come.
   * @param {number} number
   * @param {"delivered" | "dropped" | "failed"} outcome
   * @returns {number | null} the round trip in milliseconds; null if it was forgotten or unknown
   */
  answered(number, outcome) {
    const sentMs = this.#inFlight.get(number);
    if (sentMs === undefined) return null;
    this.#inFlight.delete(number);
    const atMs = this.#now();
    const roundTripMs = atMs - sentMs;
    this.#answers.push({ atMs, outcome, roundTripMs });
    if (outcome === "delivered") this.#noteShortest(roundTripMs, atMs);
    return roundTripMs;
  }

  /** Forget the frames whose answers are overdue. @returns {number[]} their numbers */
  expire() {
    const oldestMs = this.#now() - FORGET_MS;
    const overdue = [...this.#inFlight].filter(([, sentMs]) => sentMs < oldestMs);
    for (const [number] of overdue) this.answered(number, "dropped");
    return overdue.map(([number]) => number);
  }

  /** Adapt; to be called a few times a second. @param source size of the source in pixels */
  review(source) {
    const nowMs = this.#now();
    if (nowMs - this.#reviewedMs < REVIEW_MS) return;
    this.#reviewedMs = nowMs;
    const seen = this.#observe(nowMs);
    if (seen === null) return;
    this.#flight.review(seen, nowMs);
    this.ladder.review(this.#pace(seen, nowMs), nowMs, source);
  }

  #observe(nowMs) {
    this.#answers = this.#answers.filter(({ atMs }) => atMs >= nowMs - WINDOW_MS);
    this.#blocked = this.#blocked.filter((atMs) => atMs >= nowMs - WINDOW_MS);
    const targetMs = Math.max(this.#targetMs, OVER_SHORTEST * (this.#shortest?.tripMs ?? 0));
    const trips = this.#answers.map(({ roundTripMs }) => roundTripMs);
    // A frame that is still waited for is at least as slow as it is old.
    for (const sentMs of this.#inFlight.values()) {
      if (nowMs - sentMs > targetMs) trips.push(nowMs - sentMs);
    }
    if (trips.length < FEWEST_ANSWERS && Math.max(0, ...trips) < 2 * targetMs) return null;
    const p95 = percentile(trips, 0.95);
    const lostShare = this.#count("dropped") / Math.max(1, this.#answers.length);
    return {
      fps: this.#rate(nowMs),
      held: this.#blocked.length > this.#answers.length / 2,
      late: p95 > targetMs,
      lossy: lostShare > LOSSY_SHARE,
      calm: p95 < CALM_SHARE * targetMs && lostShare < CLEAN_SHARE,
    };
  }

  #pace({ fps, held, late, lossy, calm }, nowMs) {
    if (late || lossy) return "slow";
    // Too few pictures a second: more under way is tried first, smaller ones after that.
    if (held && fps < CHOPPY_FPS) return this.#flight.mayHelp(nowMs) ? "steady" : "slow";
    return calm && (!held || fps > FLUENT_FPS) ? "calm" : "steady";
  }

  #rate(nowMs) {
    const spanMs = Math.min(WINDOW_MS, Math.max(REVIEW_MS, nowMs - (this.#startedMs ?? nowMs)));
    return (this.#count("delivered") * 1000) / spanMs;
  }

  #count(outcome) {
    return this.#answers.filter((answer) => answer.outcome === outcome).length;
  }

  #noteShortest(tripMs, atMs) {
    const known = this.#shortest;
    const stale = known === null || atMs - known.atMs > SHORTEST_HOLDS_MS;
    if (stale || tripMs <= known.tripMs) this.#shortest = { tripMs, atMs };
  }

  #earn(nowMs) {
    if (this.#intervalMs > 0) {
      const earned = (nowMs - this.#creditedMs) / this.#intervalMs;
      this.#credit = Math.min(MOST_CREDIT, this.#credit + earned);
    }
    this.#creditedMs = nowMs;
  }
}
