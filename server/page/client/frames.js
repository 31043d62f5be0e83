// Single frames: taken from the video, sent at the pacer's pace, matched with what comes back.

import { Grabber } from "./grabber.js";

const REVIEW_EVERY_MS = 250;

/**
 * Events: "delivered" (detail: the round trip in milliseconds); "picture" (detail: {number,
 * original, result, jpeg}, two ImageBitmaps, which who listens closes, and the result as a Blob);
 * "dropped" (detail: how many); "failed" (detail: the server's message); "paused" when what is
 * measured begins anew.
 */
export class Frames extends EventTarget {
  #video;
  #link;
  #pacer;
  #grabber = new Grabber();
  #waiting = new Map();
  #next = 1;
  #shown = 0;
  #running = false;
  #grabbing = false;
  #timer = 0;
  #cancelAwait = () => {};
  // Work that was begun before the connection or the source changed is recognised by this.
  #epoch = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {import("./link.js").Link} link
   * @param {import("./pacer.js").Pacer} pacer
   */
  constructor(video, link, pacer) {
    super();
    this.#video = video;
    this.#link = link;
    this.#pacer = pacer;
    link.addEventListener("established", ({ detail }) => this.#onEstablished(detail));
    link.addEventListener("lost", () => this.#forgetAll());
    link.addEventListener("result", ({ detail }) => this.#onResult(detail));
    link.addEventListener("message", ({ detail }) => this.#onMessage(detail));
  }

  /** Whether there is a picture in the video. */
  get isPlaying() {
    return this.#video.videoWidth > 0;
  }

  /** The video's size in pixels. */
  get sourceSize() {
    return { width: this.#video.videoWidth, height: this.#video.videoHeight };
  }

  /** The size and quality that the next frame will have; null while there is no picture. */
  get picture() {
    return this.isPlaying ? this.#pacer.ladder.picture(this.sourceSize) : null;
  }

  /** Send frames, and go on where that is done already. */
  start() {
    if (this.#running) return;
    this.#running = true;
    this.#timer = setInterval(() => this.#review(), REVIEW_EVERY_MS);
    this.#awaitPicture();
  }

  stop() {
    this.#running = false;
    clearInterval(this.#timer);
    this.#cancelAwait();
    this.#forgetAll();
  }

  /** What is measured begins anew: for a while nobody looked. */
  pause() {
    this.#emit("paused");
  }

  #awaitPicture() {
    const step = () => {
      this.#awaitPicture();
      this.#offer();
    };
    const video = this.#video;
    // Once per picture of the video where the browser tells; else once per picture of the screen.
    if (video.requestVideoFrameCallback) {
      const handle = video.requestVideoFrameCallback(step);
      this.#cancelAwait = () => video.cancelVideoFrameCallback(handle);
    } else {
      const handle = requestAnimationFrame(step);
      this.#cancelAwait = () => cancelAnimationFrame(handle);
    }
  }

  #offer() {
    if (document.hidden || this.#grabbing || !this.#link.isOpen) return;
    if (this.#link.carriesVideo) return;
    if (!this.isPlaying || !this.#pacer.maySend(this.#link.bufferedBytes)) return;
    this.#send().catch((error) => console.warn("A frame could not be taken:", error));
  }

  async #send() {
    const epoch = this.#epoch;
    this.#grabbing = true;
    try {
      const { jpeg, original } = await this.#grabber.grab(this.#video, this.picture);
      if (epoch !== this.#epoch) return original.close();
      const number = this.#next;
      this.#next += 1;
      this.#waiting.set(number, original);
      this.#pacer.sent(number);
      return this.#link.sendFrame(number, jpeg);
    } finally {
      this.#grabbing = false;
    }
  }

  #onEstablished({ limits }) {
    this.#forgetAll();
    if (limits) this.#pacer.obey(limits);
  }

  async #onResult({ number, picture }) {
    const original = this.#take(number);
    const roundTripMs = this.#pacer.answered(number, "delivered");
    if (!original || roundTripMs === null) return;
    this.#emit("delivered", roundTripMs);
    const epoch = this.#epoch;
    const jpeg = new Blob([picture], { type: "image/jpeg" });
    const result = await createImageBitmap(jpeg).catch(() => null);
    // Decoding is done beside: a later frame may have been ready first.
    const late = number <= this.#shown || epoch !== this.#epoch;
    if (result && !late) {
      this.#shown = number;
      this.#emit("picture", { number, original, result, jpeg });
    } else {
      original.close();
      result?.close();
    }
  }

  #onMessage(message) {
    const { type, frame_id: frameId } = message;
    if (type === "frame_dropped" && this.#isAnswered(frameId, "dropped")) this.#emit("dropped", 1);
    if (type === "error" && frameId && this.#isAnswered(frameId, "failed")) this.#emit("failed", message);
  }

  #isAnswered(frameId, outcome) {
    const number = Number(frameId);
    this.#take(number)?.close();
    return this.#pacer.answered(number, outcome) !== null;
  }

  #review() {
    const forgotten = this.#pacer.expire();
    for (const number of forgotten) this.#take(number)?.close();
    if (forgotten.length > 0) {
      this.#emit("dropped", forgotten.length);
      this.#link.endIfSilent();
    }
    if (this.isPlaying) this.#pacer.review(this.sourceSize);
  }

  #take(number) {
    const original = this.#waiting.get(number);
    this.#waiting.delete(number);
    return original;
  }

  #forgetAll() {
    this.#epoch += 1;
    for (const original of this.#waiting.values()) original.close();
    this.#waiting.clear();
    this.#pacer.reset();
    this.#emit("paused");
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
