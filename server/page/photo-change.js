// One photo: sent with a look, and there is the answer. Nothing of it is kept by the server.

/** As VideoChange, of which it has the states "ready", "uploading", "completed", "failed" and
 * "cancelled". */
export class PhotoChange extends EventTarget {
  state = "ready";
  sent = null;
  progress = null;
  /** {photo: Blob, advice: string[], heads: number | null} when there is one. */
  result = null;
  error = null;
  look = null;
  file;
  #api;
  #abort = null;

  /** @param {import("./files-api.js").FilesApi} api @param {File} file */
  constructor(api, file) {
    super();
    this.#api = api;
    this.file = file;
  }

  get isUnderWay() {
    return this.state === "uploading";
  }

  get isHandedIn() {
    return !this.isUnderWay;
  }

  /** @param {import("./look.js").Look} look a copy */
  async start(look) {
    const abort = new AbortController();
    this.#abort = abort;
    Object.assign(this, { look, result: null, error: null, sent: null });
    this.#enter("uploading");
    const onProgress = (sent) => {
      this.sent = sent;
      this.#enter("uploading");
    };
    try {
      this.result = await this.#api.tryOn(this.file, look, { signal: abort.signal, onProgress });
      this.#enter("completed");
    } catch (error) {
      if (!abort.signal.aborted) this.error = error;
      this.#enter(abort.signal.aborted ? "cancelled" : "failed");
    }
  }

  async cancel() {
    this.#abort?.abort(new DOMException("cancelled", "AbortError"));
  }

  #enter(state) {
    this.state = state;
    this.dispatchEvent(new Event("changed"));
  }
}
