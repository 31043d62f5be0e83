// Brings the look to the server: at once where it matters, gathered where a slider moves.

// A dragged slider changes dozens of times a second; the picture changes no faster than this.
const GATHER_MS = 80;

/** Event: "refused" when a message is larger than the server takes. */
export class LookSender extends EventTarget {
  #look;
  #connection;
  #timer = 0;

  constructor(look, connection) {
    super();
    this.#look = look;
    this.#connection = connection;
  }

  /** Colour and intensity, together with what else changes in the next moment. */
  sendValues() {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#send([this.#look.valuesMessage()]);
    }, GATHER_MS);
  }

  sendStyle() {
    this.#send([this.#look.styleMessage()]);
  }

  sendColorPhoto() {
    this.#send([this.#look.colorPhotoMessage()]);
  }

  /** The whole look, whatever the session knew of it before. */
  sendAll() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#send(this.#look.messages());
  }

  #send(messages) {
    if (!this.#connection.isOpen) return;
    for (const message of messages) {
      if (message && !this.#connection.send(message)) this.dispatchEvent(new Event("refused"));
    }
  }
}
