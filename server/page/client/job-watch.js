// Follows videos that the server works on, to their ends.

import { Refusal } from "./refusal.js";
import { ResultStream } from "./result-stream.js";

// A browser opens six connections to a server at most, and the page needs some for itself.
const MOST_STREAMS = 3;
const AGAIN_MS = 3000;
// Whoever is not let in any more does not get a stream by asking again.
const UNAUTHORIZED = 401;
const FINAL = new Set(["completed", "failed", "cancelled"]);

/** Whether nothing more comes of a result in this state. */
export function isFinal(status) {
  return FINAL.has(status);
}

/**
 * Events: "progress" (detail: result_id, status, frames_done, frames_total, progress, time_left),
 * "end" (detail: the result's document), "gone" (detail: {result_id}), where there is none.
 */
export class JobWatch extends EventTarget {
  #api;
  #open;
  #later;
  // By result ids, in the order in which they get a stream; null while they wait for one.
  #streams = new Map();

  /** @param {import("./files-api.js").FilesApi} api */
  constructor(api, { open = (url) => new EventSource(url), later = setTimeout } = {}) {
    super();
    this.#api = api;
    this.#open = open;
    this.#later = later.bind(globalThis);
  }

  /** Follow a result; what is on show takes precedence over what was there before. */
  follow(resultId, { first = false } = {}) {
    const stream = this.#streams.get(resultId) ?? null;
    if (first) this.#streams = new Map([[resultId, stream], ...this.#streams]);
    else this.#streams.set(resultId, stream);
    this.#share();
  }

  /** What became of a result is known otherwise. @param {object} result its document */
  settle(result) {
    this.#leave(result.result_id);
    this.#emit("end", result);
  }

  /** A result is no more. */
  forget(resultId) {
    this.#leave(resultId);
    this.#emit("gone", { result_id: resultId });
  }

  #leave(resultId) {
    this.#streams.get(resultId)?.close();
    this.#streams.delete(resultId);
    this.#share();
  }

  /** The first ones have a stream, the others have none. */
  #share() {
    [...this.#streams].forEach(([resultId, stream], at) => {
      if (at < MOST_STREAMS && stream === null) this.#connect(resultId);
      if (at < MOST_STREAMS || stream === null) return;
      stream.close();
      this.#streams.set(resultId, null);
    });
  }

  #connect(resultId) {
    const stream = new ResultStream(this.#api.events(resultId), this.#open);
    this.#streams.set(resultId, stream);
    stream.addEventListener("progress", ({ detail }) => this.#emit("progress", detail));
    stream.addEventListener("end", ({ detail }) => this.settle(detail));
    stream.addEventListener("lost", () => this.#askInstead(resultId, stream));
  }

  /** There is no stream: there may be no such result, or the server may be busy or away. */
  async #askInstead(resultId, stream) {
    const isMine = () => this.#streams.get(resultId) === stream;
    try {
      const result = await this.#api.result(resultId);
      if (isMine() && isFinal(result.status)) return this.settle(result);
    } catch (error) {
      const status = error instanceof Refusal ? error.status : null;
      if (isMine() && [403, 404].includes(status)) return this.forget(resultId);
      if (status === UNAUTHORIZED) return undefined;
    }
    return this.#later(() => isMine() && this.#connect(resultId), AGAIN_MS);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
