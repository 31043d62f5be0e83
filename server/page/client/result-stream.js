// The events of one result while it is being made.

/**
 * Events: "progress" and "end" (detail: the server's documents), and "lost" when there is no stream,
 * or none any more: a browser would come back by itself with an address that is good only once.
 */
export class ResultStream extends EventTarget {
  #source = null;
  #isClosed = false;

  /**
   * @param {Promise<string>} address
   * @param {(url: string) => EventSource} open
   */
  constructor(address, open) {
    super();
    this.#follow(address, open);
  }

  close() {
    this.#isClosed = true;
    this.#source?.close();
  }

  async #follow(address, open) {
    try {
      const url = await address;
      if (!this.#isClosed) this.#listen(open(url));
    } catch {
      this.#lose();
    }
  }

  #listen(source) {
    this.#source = source;
    for (const name of ["progress", "end"]) {
      source.addEventListener(name, ({ data }) => {
        this.dispatchEvent(new CustomEvent(name, { detail: JSON.parse(data) }));
      });
    }
    source.addEventListener("error", () => this.#lose());
  }

  #lose() {
    if (this.#isClosed) return;
    this.close();
    this.dispatchEvent(new Event("lost"));
  }
}
