// The way to the server: WebRTC where it comes up within five seconds, else the WebSocket.

import { Connection } from "./connection.js";
import { RtcCall } from "./rtc.js";

/** Why a call is not taken that would hold for the WebSocket, too. */
const PASSING = new Set([
  "unreachable", "SERVER_FULL", "SERVER_CLOSING", "STORAGE_UNAVAILABLE", "SESSION_FORBIDDEN",
  "UNAUTHORIZED", "CONSENT_REQUIRED", "RATE_LIMITED",
]);

/**
 * The events of Connection, whichever the way is; "stream" (detail: the MediaStream that comes back
 * by WebRTC), and "streamended" when there will be single pictures instead. While `carriesVideo`
 * there are no single frames to be sent.
 */
export class Link extends EventTarget {
  #socket;
  #addresses;
  #calls;
  #policy;
  #call = null;
  #track = null;
  #shrink = 1;
  #mayCall;
  #maxMessageBytes = Number.POSITIVE_INFINITY;
  #isEstablished = false;
  #hasWorked = false;
  #isHeld = false;

  /**
   * @param {import("./live-addresses.js").LiveAddresses} addresses
   * @param {import("./calls.js").Calls} calls
   * @param {string | null} forced "websocket" for that alone, "relay" for WebRTC by TURN alone
   */
  constructor(addresses, calls, forced) {
    super();
    this.#addresses = addresses;
    this.#calls = calls;
    this.#policy = forced === "relay" ? "relay" : "all";
    this.#socket = new Connection(() => addresses.socket(), { canRenew: calls.canRenew });
    // Without the callback the pictures that come back could not be shown one by one.
    this.#mayCall = forced !== "websocket" && "RTCPeerConnection" in globalThis
      && "requestVideoFrameCallback" in HTMLVideoElement.prototype;
    for (const name of ["connecting", "established", "message", "result", "lost"]) {
      this.#socket.addEventListener(name, ({ detail }) => this.#emit(name, detail));
    }
  }

  get isOpen() {
    return this.carriesVideo || this.#socket.isOpen;
  }

  get carriesVideo() {
    return this.#call !== null && this.#isEstablished;
  }

  get bufferedBytes() {
    return this.#call?.bufferedBytes ?? this.#socket.bufferedBytes;
  }

  /** "webrtc", "binary", "json", or "" while there is no connection. */
  get transport() {
    return this.carriesVideo ? "webrtc" : this.#socket.transport;
  }

  /**
   * What is to be sent from now on.
   * @param {MediaStreamTrack | null} track null where the source can give none: then single frames
   * @param {number} shrink how many times smaller than the track each side is sent
   */
  async carry(track, shrink) {
    this.#track = track;
    this.#shrink = shrink;
    if (this.#call === null) return;
    if (track === null) return this.#goOnBySocket();
    const call = this.#call;
    await call.replaceTrack(this.#isHeld ? null : track);
    await call.shrink(shrink);
    return undefined;
  }

  /** Send no pictures for now: nobody looks. The call goes on. */
  async hold(isHeld) {
    this.#isHeld = isHeld;
    if (this.carriesVideo) await this.#call.replaceTrack(isHeld ? null : this.#track);
  }

  /** Connect now, whatever is planned; does nothing while connected. */
  open() {
    if (this.#call !== null || this.#socket.isOpen) return;
    if (this.#mayCall && this.#track !== null) this.#openCall();
    else this.#socket.open();
  }

  /** Leave for good: no further attempt. */
  close() {
    this.#dropCall()?.close();
    this.#socket.close();
  }

  /** @returns {boolean} false if the server would not take it: the message is too large */
  send(message) {
    if (!this.carriesVideo) return this.#socket.send(message);
    const text = JSON.stringify(message);
    if (text.length > this.#maxMessageBytes) return false;
    if (this.#call.isOpen) this.#call.send(text);
    return true;
  }

  sendFrame(number, picture) {
    this.#socket.sendFrame(number, picture);
  }

  endIfSilent() {
    this.#socket.endIfSilent();
  }

  async #openCall() {
    // A try of the other way that is under way or planned would take the session over.
    this.#socket.close();
    const call = new RtcCall(this.#addresses, this.#calls, this.#policy);
    this.#call = call;
    this.#isEstablished = false;
    call.addEventListener("message", ({ detail }) => this.#onMessage(call, detail));
    call.addEventListener("stream", ({ detail }) => this.#emit("stream", detail));
    call.addEventListener("lost", ({ detail }) => this.#onLost(call, detail));
    this.dispatchEvent(new Event("connecting"));
    try {
      await call.open(this.#track, this.#shrink);
    } catch (error) {
      if (call === this.#call) this.#onFailure(error);
    }
  }

  /** The server is away, or full: that is no fault of WebRTC's. */
  #onFailure({ code, message, limit }) {
    // What has worked before works again: the network is away, not WebRTC.
    if (PASSING.has(code) || this.#hasWorked) {
      this.#dropCall()?.close();
      if (PASSING.has(code)) this.#socket.hear({ type: "error", error: code, details: { limit } }, false);
      this.#socket.lose(() => this.open());
      return;
    }
    console.info("WebRTC did not come up, the WebSocket is used:", message);
    this.#fallBack();
  }

  #onMessage(call, message) {
    if (call !== this.#call) return;
    // What the server says before it hangs up decides whether and when to come back.
    this.#socket.hear(message);
    if (message.type === "connection_established") {
      this.#isEstablished = this.#hasWorked = true;
      if (this.#isHeld) this.hold(true);
      this.#maxMessageBytes = message.limits?.max_message_bytes ?? Number.POSITIVE_INFINITY;
      this.#emit("established", message);
      return;
    }
    this.#emit("message", message);
  }

  #onLost(call, { isGone }) {
    if (call !== this.#call) return;
    const wasEstablished = this.#isEstablished;
    this.#dropCall();
    if (wasEstablished) this.#socket.lose(() => this.open(), isGone ? "CALL_GONE" : null);
    else this.#fallBack();
  }

  /** WebRTC does not work here: the WebSocket from now on, for the length of the visit. */
  #fallBack() {
    this.#mayCall = false;
    this.#goOnBySocket();
  }

  #goOnBySocket() {
    this.#dropCall()?.close();
    this.dispatchEvent(new Event("streamended"));
    this.#socket.open();
  }

  #dropCall() {
    const call = this.#call;
    this.#call = null;
    this.#isEstablished = false;
    return call;
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
