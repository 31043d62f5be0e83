// The frames' way: taken from the source, sent at the pacer's pace, shown when they come back.

import { Grabber } from "./grabber.js";

const REVIEW_EVERY_MS = 250;

/** Events: "failed" (detail: the server's message) when one frame could not be changed. */
export class Live extends EventTarget {
  #video;
  #source;
  #stage;
  #connection;
  #pacer;
  #figures;
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

  constructor({ video, source, stage, connection, pacer, figures }) {
    super();
    this.#video = video;
    this.#source = source;
    this.#stage = stage;
    this.#connection = connection;
    this.#pacer = pacer;
    this.#figures = figures;
    connection.addEventListener("established", ({ detail }) => this.#onEstablished(detail));
    connection.addEventListener("lost", () => this.#forgetAll());
    connection.addEventListener("result", ({ detail }) => this.#onResult(detail));
    connection.addEventListener("message", ({ detail }) => this.#onMessage(detail));
    document.addEventListener("visibilitychange", () => this.#figures.paused());
  }

  /** The size and quality that the next frame will have; null while there is no source. */
  get picture() {
    return this.#source.isPlaying ? this.#pacer.ladder.picture(this.#source.size) : null;
  }

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
    this.#stage.clear();
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
    if (document.hidden || this.#grabbing || !this.#connection.isOpen) return;
    if (this.#connection.carriesVideo) return;
    if (!this.#source.isPlaying || !this.#pacer.maySend(this.#connection.bufferedBytes)) return;
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
      return this.#connection.sendFrame(number, jpeg);
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
    this.#figures.delivered(roundTripMs);
    const epoch = this.#epoch;
    const jpeg = new Blob([picture], { type: "image/jpeg" });
    const result = await createImageBitmap(jpeg).catch(() => null);
    // Decoding is done beside: a later frame may have been ready first.
    const late = number <= this.#shown || epoch !== this.#epoch;
    if (result && !late) {
      this.#shown = number;
      this.#stage.show({ number, original, result, jpeg });
    } else {
      original.close();
      result?.close();
    }
  }

  #onMessage(message) {
    const { type, frame_id: frameId } = message;
    if (type === "frame_dropped") this.#onLost(Number(frameId), "dropped");
    if (type === "error" && frameId) {
      this.#onLost(Number(frameId), "failed");
      this.dispatchEvent(new CustomEvent("failed", { detail: message }));
    }
  }

  #onLost(number, outcome) {
    this.#take(number)?.close();
    if (this.#pacer.answered(number, outcome) === null) return;
    if (outcome === "dropped") this.#figures.dropped();
    else this.#figures.failed();
  }

  #review() {
    const forgotten = this.#pacer.expire();
    for (const number of forgotten) this.#take(number)?.close();
    this.#figures.dropped(forgotten.length);
    if (forgotten.length > 0) this.#connection.endIfSilent();
    if (this.#source.isPlaying) this.#pacer.review(this.#source.size);
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
    this.#figures.paused();
  }
}
