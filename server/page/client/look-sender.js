// Brings the look to the server: at once where it matters, gathered where a slider moves.

// A dragged slider changes dozens of times a second; the picture changes no faster than this.
const GATHER_MS = 80;

/** What the server answers to a photo that it does not take. */
const PHOTO_ERRORS = new Set([
  "NO_PERSON", "NO_HAIR", "INVALID_IMAGE", "INVALID_BASE64", "EMPTY_IMAGE", "IMAGE_TOO_LARGE",
  "PROCESSING_FAILED",
]);
const KINDS = { set_style_image: "style", set_color_image: "color" };

/**
 * Events: "refused" when a message is larger than the server takes; "photokept" (detail: {kind:
 * "style" or "color", photo}); "photorefused" (detail: the same and message, the server's error).
 */
export class LookSender extends EventTarget {
  #look;
  #connection;
  #timer = 0;
  // Photos without an answer, in their order, which is that of the answers.
  #asked = [];

  constructor(look, connection) {
    super();
    this.#look = look;
    this.#connection = connection;
    connection.addEventListener("lost", () => { this.#asked = []; });
    connection.addEventListener("message", ({ detail }) => this.#onAnswer(detail));
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
    for (const message of messages.filter(Boolean)) {
      if (!this.#connection.send(message)) this.dispatchEvent(new Event("refused"));
      else if (message.type in KINDS) this.#ask(message);
    }
  }

  #ask({ type, data }) {
    this.#asked.push({ kind: KINDS[type], photo: data.image_data });
  }

  #onAnswer(message) {
    const { type, error, frame_id: frameId, about } = message;
    if (type === "style_set" || type === "color_set") this.#tell("photokept", this.#asked.shift());
    else if (type === "error" && !frameId && !about && this.#asked.length > 0 && PHOTO_ERRORS.has(error)) {
      this.#tell("photorefused", { ...this.#asked.shift(), message });
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
