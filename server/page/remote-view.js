// Shows the picture that comes back as a video track, beside the original of the same moment.

import { CaptureClock } from "./capture-clock.js";

// Originals wait here for their results; at 30 a second this is the longest delay that is matched.
const MOST_ORIGINALS = 24;
// Before the clock is known, and where the browser does not tell timestamps.
const TYPICAL_DELAY_MS = 80;

export class RemoteView {
  #local;
  #stage;
  #figures;
  #remote = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  #clock = new CaptureClock();
  #originals = [];
  #next = 1;
  #epoch = 0;

  /**
   * @param {object} parts
   * @param {HTMLVideoElement} parts.video the camera's own picture
   * @param {import("./stage.js").Stage} parts.stage
   * @param {import("./figures.js").Figures} parts.figures
   */
  constructor({ video, stage, figures }) {
    this.#local = video;
    this.#stage = stage;
    this.#figures = figures;
  }

  /** The size of the picture that comes back, or null. */
  get size() {
    const { videoWidth: width, videoHeight: height } = this.#remote;
    return width > 0 ? { width, height } : null;
  }

  /** @param {{clock?: {rtp: number, at_ms: number}}} link what `stats` tell of the connection */
  learn(link) {
    this.#clock.learn(link?.clock);
  }

  /** The stream has stood still, and goes on. */
  forget() {
    this.#clock.forget();
  }

  /** @param {MediaStream} stream */
  async show(stream) {
    this.stop();
    const epoch = this.#epoch;
    this.#remote.srcObject = stream;
    this.#await(this.#local, epoch, (frame) => this.#keepOriginal(frame));
    this.#await(this.#remote, epoch, (frame) => this.#showResult(frame, epoch));
    await this.#remote.play().catch(() => {});
  }

  stop() {
    this.#epoch += 1;
    this.#remote.srcObject = null;
    for (const { bitmap } of this.#originals) bitmap.close();
    this.#originals = [];
  }

  #await(video, epoch, take) {
    const step = async (_, frame) => {
      if (epoch !== this.#epoch) return;
      video.requestVideoFrameCallback(step);
      await take(frame);
    };
    video.requestVideoFrameCallback(step);
  }

  async #keepOriginal({ captureTime, presentationTime }) {
    if (!this.#stage.isComparing) return;
    const epoch = this.#epoch;
    const atMs = performance.timeOrigin + (captureTime ?? presentationTime);
    const bitmap = await createImageBitmap(this.#local).catch(() => null);
    if (bitmap === null) return;
    if (epoch !== this.#epoch) return bitmap.close();
    this.#originals.push({ atMs, bitmap });
    while (this.#originals.length > MOST_ORIGINALS) this.#originals.shift().bitmap.close();
  }

  async #showResult({ rtpTimestamp, expectedDisplayTime }, epoch) {
    const shownMs = performance.timeOrigin + expectedDisplayTime;
    const capturedMs = this.#clock.capturedMs(rtpTimestamp);
    const result = await createImageBitmap(this.#remote).catch(() => null);
    if (result === null) return;
    if (epoch !== this.#epoch) return result.close();
    const original = this.#originalOf(capturedMs ?? shownMs - TYPICAL_DELAY_MS);
    const number = this.#next;
    this.#next += 1;
    this.#stage.show({ number, original, result });
    this.#figures.delivered(capturedMs === null ? null : shownMs - capturedMs);
    return undefined;
  }

  /** The original nearest to that moment; those before it are no longer needed. */
  #originalOf(atMs) {
    let best = -1;
    for (const [index, one] of this.#originals.entries()) {
      if (best < 0 || Math.abs(one.atMs - atMs) < Math.abs(this.#originals[best].atMs - atMs)) best = index;
    }
    if (best < 0) return null;
    for (const { bitmap } of this.#originals.splice(0, best)) bitmap.close();
    return this.#originals.shift().bitmap;
  }
}
