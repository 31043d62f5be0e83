// When the picture on show was captured: from its timestamp, by this browser's own clock. Pure.

const TICKS_PER_MS = 90;
const TICKS = 2 ** 32;

/**
 * The server tells which timestamp belongs to which moment, as this browser's own reports (RTCP) had
 * it: so the clocks of the two machines need not agree.
 */
export class CaptureClock {
  #rtp = null;
  #atMs = 0;

  /** @param {{rtp: number, at_ms: number} | null | undefined} pair at_ms since 1970 */
  learn(pair) {
    if (!pair) return;
    this.#rtp = pair.rtp;
    this.#atMs = pair.at_ms;
  }

  /** What was learned no longer holds: the stream has stood still. */
  forget() {
    this.#rtp = null;
  }

  /** @returns {number | null} milliseconds since 1970; null while nothing is known */
  capturedMs(rtp) {
    if (this.#rtp === null || rtp === undefined) return null;
    let ticks = (rtp - this.#rtp) % TICKS;
    if (ticks > TICKS / 2) ticks -= TICKS;
    if (ticks < -TICKS / 2) ticks += TICKS;
    return this.#atMs + ticks / TICKS_PER_MS;
  }
}
