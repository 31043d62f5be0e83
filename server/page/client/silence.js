// Nothing comes back though pictures go out: whether to ask the server if the call still goes on. A
// browser itself notices a dead server after some six seconds.

// A question costs little, and coming back takes as long again.
const SILENT_MS = 600;
const AGAIN_MS = 3000;

/** Pure: is told how many packets have come, a few times a second. */
export class Silence {
  #packets = null;
  #heardMs = 0;
  #askedMs = Number.NEGATIVE_INFINITY;

  /**
   * @param {number | null} packets that have come in all; null while nothing is sent
   * @param {number} nowMs
   * @returns {boolean} whether to ask now
   */
  isToAsk(packets, nowMs) {
    if (packets === null || packets !== this.#packets) {
      this.#packets = packets;
      this.#heardMs = nowMs;
      return false;
    }
    if (nowMs - this.#heardMs < SILENT_MS || nowMs - this.#askedMs < AGAIN_MS) return false;
    this.#askedMs = nowMs;
    return true;
  }
}

/**
 * How many packets of a track have come.
 * @param {RTCRtpReceiver} receiver
 * @returns {Promise<number>}
 */
export async function packetsOf(receiver) {
  let packets = 0;
  for (const one of (await receiver.getStats()).values()) {
    if (one.type === "inbound-rtp") packets += one.packetsReceived ?? 0;
  }
  return packets;
}
