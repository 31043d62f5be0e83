// The WebSocket: opens, carries frames and messages, and comes back when it is lost.

import { afterClose } from "./backoff.js";
import { Refusal } from "./refusal.js";
import { SUBPROTOCOL, decodeResult, encodeFrame, fromBase64, toBase64 } from "./wire.js";

const ESTABLISH_WITHIN_MS = 10_000;
const SILENCE_MS = 8000;

/**
 * Events: "connecting"; "established" (detail: the server's message); "message" (any other JSON
 * message); "result" ({number, processingMs, picture}); "lost" ({problem, delayMs}).
 */
export class Connection extends EventTarget {
  #address;
  #canRenew;
  // Names the attempt that is under way, or has led to a connection; null: there is none.
  #attempted = null;
  #socket = null;
  #timer = 0;
  #attempt = 0;
  // What the server said of an ending: {error, details}, or null.
  #announced = null;
  #established = false;
  #heardMs = 0;
  #maxMessageBytes = Number.POSITIVE_INFINITY;
  // A browser fails the handshake with a server that selects no subprotocol. Until one has been
  // selected, every second attempt therefore asks for none and speaks JSON.
  #binaryKnown = false;
  #offersBinary = true;

  /**
   * @param {() => Promise<string>} address gives a ws: or wss: for each attempt, all of the same
   *   session
   * @param {{canRenew?: boolean}} [options] whether who is let in no more may be so again
   */
  constructor(address, { canRenew = false } = {}) {
    super();
    this.#address = address;
    this.#canRenew = canRenew;
  }

  get isOpen() {
    return this.#established;
  }

  get bufferedBytes() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** "binary", "json", or "" while there is no connection. */
  get transport() {
    if (!this.#established) return "";
    return this.#socket.protocol === SUBPROTOCOL ? "binary" : "json";
  }

  /** Connect now, whatever is planned; does nothing while connected. */
  open() {
    if (this.#attempted) return;
    clearTimeout(this.#timer);
    this.#announced = null;
    this.#attempted = Symbol("attempt");
    this.#timer = setTimeout(() => this.#end(1006), ESTABLISH_WITHIN_MS);
    this.dispatchEvent(new Event("connecting"));
    this.#connect(this.#attempted);
  }

  /** Leave for good: no further attempt. */
  close() {
    this.#release(1000);
    this.#attempt = 0;
  }

  /** @returns {boolean} false if the server would not take it: the message is too large */
  send(message) {
    const text = JSON.stringify(message);
    if (text.length > this.#maxMessageBytes) return false;
    if (this.#established) this.#socket.send(text);
    return true;
  }

  /** @param {number} number @param {Uint8Array} picture */
  sendFrame(number, picture) {
    if (this.transport === "binary") this.#socket.send(encodeFrame(number, picture));
    else {
      const data = { frame_id: String(number), frame_data: toBase64(picture) };
      this.send({ type: "process_frame", data });
    }
  }

  /**
   * Take note of what the server says by another way, before that way ends.
   * @param {object} message
   * @param {boolean} isLive whether it comes on a connection that is established
   */
  hear(message, isLive = true) {
    if (message.type === "connection_established") {
      this.#announced = null;
      this.#attempt = 0;
    }
    if (message.type === "server_closing") this.#announced = { error: "server_closing" };
    // Who is live is only reminded of a limit.
    const isReminder = isLive && message.error === "RATE_LIMITED";
    if (message.type === "error" && !message.frame_id && !message.about && !isReminder) {
      this.#announced = message;
    }
  }

  /**
   * That other way has ended: tell so, and come back by `reopen`, if at all.
   * @param {() => void} reopen
   * @param {string | null} [silently] why, where the server has not said anything
   */
  lose(reopen, silently = null) {
    this.#announced ??= { error: silently };
    const { problem, delayMs } = afterClose(this.#ending(1006), Math.random);
    this.#attempt += 1;
    this.#announced = null;
    clearTimeout(this.#timer);
    if (delayMs !== null) this.#timer = setTimeout(reopen, delayMs);
    this.#emit("lost", { problem, delayMs });
  }

  /** End a connection that answers nothing, though it looks open (the network has gone). */
  endIfSilent() {
    if (this.#established && performance.now() - this.#heardMs > SILENCE_MS) this.#end(1006);
  }

  async #connect(attempt) {
    const isMine = () => attempt === this.#attempted;
    try {
      const url = await this.#address();
      if (isMine()) this.#openSocket(url);
    } catch (error) {
      if (!isMine()) return;
      const { code, limit } = error;
      this.#announced = error instanceof Refusal ? { error: code, details: { limit } } : null;
      this.#end(1006);
    }
  }

  #openSocket(url) {
    this.#socket = this.#offersBinary ? new WebSocket(url, [SUBPROTOCOL]) : new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.addEventListener("message", this.#onMessage);
    this.#socket.addEventListener("close", this.#onClose);
  }

  #onMessage = (event) => {
    this.#heardMs = performance.now();
    if (event.data instanceof ArrayBuffer) this.#emit("result", decodeResult(event.data));
    else this.#onJson(JSON.parse(event.data));
  };

  #onJson(message) {
    if (message.type === "connection_established") this.#onEstablished(message);
    else if (message.type === "processed_frame") this.#emit("result", resultOf(message.data));
    else {
      this.hear(message, this.#established);
      this.#emit("message", message);
    }
  }

  #onEstablished(message) {
    clearTimeout(this.#timer);
    this.#established = true;
    this.#attempt = 0;
    this.#maxMessageBytes = message.limits?.max_message_bytes ?? Number.POSITIVE_INFINITY;
    if (this.transport === "binary") this.#binaryKnown = true;
    this.#emit("established", message);
  }

  #onClose = (event) => this.#end(event.code);

  #end(code) {
    const everOpened = this.#established || this.#announced !== null;
    const ending = this.#ending(code);
    this.#release(1000);
    const { problem, delayMs } = afterClose(ending, Math.random);
    this.#attempt += 1;
    this.#offersBinary = this.#binaryKnown || everOpened || !this.#offersBinary;
    if (delayMs !== null) this.#timer = setTimeout(() => this.open(), delayMs);
    this.#emit("lost", { problem, delayMs });
  }

  #ending(code) {
    const { error = null, details } = this.#announced ?? {};
    const limit = details?.limit ?? null;
    return { code, announced: error, limit, attempt: this.#attempt, canRenew: this.#canRenew };
  }

  #release(code) {
    clearTimeout(this.#timer);
    this.#established = false;
    this.#attempted = null;
    this.#socket?.removeEventListener("message", this.#onMessage);
    this.#socket?.removeEventListener("close", this.#onClose);
    this.#socket?.close(code);
    this.#socket = null;
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function resultOf(data) {
  return {
    number: Number(data.frame_id),
    processingMs: data.processing_time_ms,
    picture: fromBase64(data.processed_frame_data),
  };
}
