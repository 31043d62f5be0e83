// How many frames may be under way at once. Pure: the time is handed in.

const MOST = 4;
const FIRST = 3;
// A step is judged when everything that is measured was measured after it.
const JUDGE_AFTER_MS = 2500;
const TRY_AGAIN_MS = 20_000;
const AFTER_LOSS_MS = 3000;
// One more under way adds delay, so it must bring at least this much more rate; and one less must
// not cost more than this.
const MUST_PAY = 1.08;
const MAY_COST = 0.9;

/**
 * Takes a step at a time and keeps it only if it was worth it: a long way is filled with frames,
 * while a server that is busy gets no more of them than it can work on.
 */
export class FlightLimit {
  #limit = FIRST;
  #trial = null;
  #raiseFromMs = 0;
  #lowerFromMs = 0;

  get value() {
    return this.#limit;
  }

  /** A step is not judged across a pause. */
  reset() {
    this.#trial = null;
  }

  /** Whether more under way could still bring more rate, or is just being tried. */
  mayHelp(nowMs) {
    return this.#trial?.change > 0 || this.#mayRaise(nowMs);
  }

  /**
   * @param {object} seen
   * @param {number} seen.fps results a second
   * @param {boolean} seen.held whether the limit has kept frames from being sent
   * @param {boolean} seen.late whether answers take too long
   * @param {boolean} seen.lossy whether the server drops frames
   * @param {number} nowMs
   */
  review(seen, nowMs) {
    if (seen.lossy) this.#onLoss(nowMs);
    else if (this.#trial !== null) this.#judge(seen, nowMs);
    else if (seen.late && this.#limit > 1 && nowMs >= this.#lowerFromMs) {
      this.#step(-1, seen, nowMs);
    } else if (!seen.late && seen.held && this.#mayRaise(nowMs)) this.#step(1, seen, nowMs);
  }

  #mayRaise(nowMs) {
    return this.#limit < MOST && nowMs >= this.#raiseFromMs;
  }

  #onLoss(nowMs) {
    this.#trial = null;
    this.#limit = Math.max(1, this.#limit - 1);
    this.#raiseFromMs = nowMs + AFTER_LOSS_MS;
  }

  #step(change, { fps }, nowMs) {
    this.#limit += change;
    this.#trial = { change, fps, atMs: nowMs + JUDGE_AFTER_MS };
  }

  #judge({ fps, late }, nowMs) {
    const { change, fps: before, atMs } = this.#trial;
    if (nowMs < atMs) return;
    this.#trial = null;
    const raised = change > 0;
    const worth = raised ? !late && fps >= before * MUST_PAY : fps >= before * MAY_COST;
    if (!worth) this.#limit -= change;
    // Whether undone or kept, the step has shown that the other direction brings nothing now.
    if (raised === worth) this.#lowerFromMs = nowMs + TRY_AGAIN_MS;
    else this.#raiseFromMs = nowMs + TRY_AGAIN_MS;
  }
}
