// One video on its way: uploaded once, ordered with a look, followed until it is changed.

import { Cut } from "./cut.js";
import { randomId } from "./identity.js";
import { isFinal } from "./job-watch.js";
import { Refusal } from "./refusal.js";

/**
 * States: "ready", "uploading", "ordering", "queued", "processing"; "completed", "failed" and
 * "cancelled" are ends, from each of which it can be started again. Events: "changed" whenever
 * there is something new to be seen, "ordered" (detail: the order) when the server has taken it.
 */
export class VideoChange extends EventTarget {
  state = "ready";
  /** While it is uploaded: {bytes, total}. */
  sent = null;
  /** While the server has it: the last event, or null. */
  progress = null;
  /** The result's document when there is one. */
  result = null;
  /** Why it failed, if that is known here and not from the result. */
  error = null;
  /** The look of the result, or of what is under way; null if it is not known. */
  look = null;
  /** Whether it is made calm as well. */
  calm = false;
  /** Who has cut the hair, or was to. */
  cut = new Cut();
  file;
  uploadId;
  #api;
  #watch;
  #resultId = null;
  #abort = null;
  #uploadKey = randomId();
  #order = null;

  /**
   * @param {import("./files-api.js").FilesApi} api
   * @param {import("./job-watch.js").JobWatch} watch
   * @param {{file?: File | null, uploadId?: string | null}} from at least one of them
   */
  constructor(api, watch, { file = null, uploadId = null }) {
    super();
    Object.assign(this, { file, uploadId });
    this.#api = api;
    this.#watch = watch;
    const mine = (then) => ({ detail }) => detail.result_id === this.#resultId && then(detail);
    watch.addEventListener("progress", mine((progress) => this.#onProgress(progress)));
    watch.addEventListener("end", mine((result) => this.show(result)));
    watch.addEventListener("gone", mine(() => this.#onGone()));
  }

  get resultId() {
    return this.#resultId;
  }

  /** Whether it would be lost if the page were left: the server does not have it yet. */
  get isHandedIn() {
    return this.state !== "uploading" && this.state !== "ordering";
  }

  get isUnderWay() {
    return !this.isHandedIn || this.state === "queued" || this.state === "processing";
  }

  /** @param {import("./look.js").Look} look a copy @param {{calm?: boolean, cut?: Cut}} wishes */
  async start(look, { calm = false, cut = new Cut() } = {}) {
    const abort = new AbortController();
    this.#abort = abort;
    this.#resultId = null;
    Object.assign(this, { look, calm, cut, result: null, progress: null, error: null, sent: null });
    try {
      const order = await this.#handIn(abort.signal);
      this.dispatchEvent(new CustomEvent("ordered", { detail: order }));
      this.follow(order);
      if (abort.signal.aborted) await this.cancel();
    } catch (error) {
      if (!abort.signal.aborted) this.error = error;
      this.#enter(abort.signal.aborted ? "cancelled" : "failed");
    }
  }

  /** Follow a result that the server already works on. */
  follow({ result_id: resultId, status }) {
    this.#resultId = resultId;
    this.#enter(status === "processing" ? "processing" : "queued");
    this.#watch.follow(resultId, { first: true });
  }

  /** Show a result that has come to its end. */
  show(result) {
    this.#resultId = result.result_id;
    this.uploadId ??= result.upload_id;
    Object.assign(this, { result, progress: null });
    this.#enter(result.status);
  }

  /** Call it off, wherever it is. Raises what the server says against it. */
  async cancel() {
    this.#callOff();
    if (this.#resultId === null) return;
    const result = await this.#api.cancel(this.#resultId);
    // It may just have been finished: then it is there.
    if (isFinal(result.status)) this.#watch.settle(result);
  }

  /** The server was told to forget all of it: what is on its way there is called off. */
  forget() {
    this.#callOff();
    this.#forgetUpload();
  }

  #callOff() {
    this.#abort?.abort(new DOMException("cancelled", "AbortError"));
  }

  #forgetUpload() {
    this.#uploadKey = randomId();
    this.uploadId = null;
  }

  async #handIn(signal) {
    const isOld = this.uploadId !== null;
    if (!isOld) await this.#upload(signal);
    try {
      return await this.#place(signal);
    } catch (error) {
      const isLost = error instanceof Refusal && error.status === 404;
      if (!isLost || !isOld || this.file === null) throw error;
    }
    // The server no longer has what was uploaded before.
    this.#forgetUpload();
    await this.#upload(signal);
    return this.#place(signal);
  }

  async #upload(signal) {
    this.#enter("uploading");
    const onProgress = (sent) => {
      this.sent = sent;
      this.#enter("uploading");
    };
    this.uploadId = await this.#api.upload(this.file, { key: this.#uploadKey, signal, onProgress });
  }

  /**
   * Order it. The same order has the same key: so it is made once, also where the visitor tries
   * again after no answer came. It is not aborted, since nobody would know whether it was taken.
   */
  async #place(signal) {
    signal.throwIfAborted();
    this.#enter("ordering");
    const { look, uploadId, calm, cut } = this;
    const last = this.#order;
    const isSame = last?.look.equals(look) && last.cut.equals(cut)
      && last.uploadId === uploadId && last.calm === calm;
    if (!isSame) this.#order = { look, uploadId, calm, cut, key: randomId() };
    const { key } = this.#order;
    const unaborted = new AbortController().signal;
    try {
      const order = await this.#api.order(uploadId, look, { calm, cut, key, signal: unaborted });
      this.#order = null;
      return order;
    } catch (error) {
      if (error instanceof Refusal) this.#order = null;
      throw error;
    }
  }

  #onProgress(progress) {
    this.progress = progress;
    this.#enter(progress.status);
  }

  #onGone() {
    this.#resultId = null;
    Object.assign(this, { result: null, progress: null });
    this.#enter(this.isUnderWay ? "cancelled" : "ready");
  }

  #enter(state) {
    this.state = state;
    this.dispatchEvent(new Event("changed"));
  }
}
