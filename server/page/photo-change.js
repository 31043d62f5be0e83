// One photo: sent with a look, and there is the answer. Nothing of it is kept by the server.

/** As VideoChange, of which it has the states "ready", "uploading", "completed", "failed" and
 * "cancelled". */
export class PhotoChange extends EventTarget {
  state = "ready";
  sent = null;
  progress = null;
  /** When there is one, as FilesApi gives it. */
  result = null;
  error = null;
  look = null;
  /** Who has cut the hair, or was to. */
  cut = null;
  file;
  #api;
  #abort = null;

  /** @param {import("./client/files-api.js").FilesApi} api @param {File} file */
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

  /** @param {import("./client/look.js").Look} look a copy @param {{cut: import("./client/cut.js").Cut}} wishes */
  async start(look, { cut }) {
    const abort = new AbortController();
    this.#abort = abort;
    Object.assign(this, { look, cut, result: null, error: null, sent: null });
    this.#enter("uploading");
    const onProgress = (sent) => {
      this.sent = sent;
      this.#enter("uploading");
    };
    try {
      this.result = await this.#api.tryOn(this.file, look, { cut, signal: abort.signal, onProgress });
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
