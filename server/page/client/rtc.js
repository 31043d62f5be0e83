// One WebRTC call: the camera's track goes out, the changed one comes back, messages go beside it.

import { askWhetherItGoesOn, CallGone, restartIce } from "./ice-restart.js";
import { Refusal } from "./refusal.js";
import { packetsOf, Silence } from "./silence.js";

const CONNECT_WITHIN_MS = 5000;
const GATHER_WITHIN_MS = 1000;
// A way that is lost may come back by itself; then another one is looked for, now and then.
const WAIT_MS = 1000;
const AGAIN_MS = 3000;
const GRACE_MS = 10_000;
const LISTEN_EVERY_MS = 250;
// A data channel takes 64 KiB at once, in bytes; a part of a message is shorter than that in any
// alphabet.
const PART_CHARACTERS = 15_000;

/** The server did not take the call; `code` is its error, or "unreachable", `message` its words, and
 * `limit` as a Refusal's. */
export class CallError extends Error {
  constructor(code, message = code, limit = null) {
    super(message);
    Object.assign(this, { code, limit });
  }
}

/**
 * Events: "message" (detail: the server's JSON message); "stream" (detail: a MediaStream, the
 * changed picture); "lost" when the call has ended by itself (detail: {isGone}, whether the server
 * knows no such call any more).
 */
export class RtcCall extends EventTarget {
  #addresses;
  #calls;
  #policy;
  #url = "";
  #pc = new RTCPeerConnection();
  #channel = this.#pc.createDataChannel("control");
  #sender = null;
  #receiver = null;
  #nextMessage = 1;
  #isTaken = false;
  #isRecovering = false;
  #silence = new Silence();
  #listening = 0;
  #etag = "*";
  #ended = false;

  /**
   * @param {import("./live-addresses.js").LiveAddresses} addresses
   * @param {import("./calls.js").Calls} calls
   * @param {RTCIceTransportPolicy} policy "relay" to go by a TURN server alone
   */
  constructor(addresses, calls, policy) {
    super();
    this.#addresses = addresses;
    this.#calls = calls;
    this.#policy = policy;
    this.#channel.addEventListener("message", ({ data }) => this.#emit("message", JSON.parse(data)));
    this.#channel.addEventListener("close", () => this.#lose());
    this.#pc.addEventListener("track", (event) => this.#onTrack(event));
    this.#pc.addEventListener("connectionstatechange", () => this.#onState());
  }

  get bufferedBytes() {
    return this.#channel.bufferedAmount;
  }

  /** Whether the control channel takes messages. */
  get isOpen() {
    return this.#channel.readyState === "open";
  }

  /**
   * Offer the track, and wait until the control channel is open.
   * @param {MediaStreamTrack} track
   * @param {number} shrink how many times smaller than the track each side is sent, from 1 on
   * @throws {CallError} if the server cannot be reached, or says no
   * @throws {Error} if no way is found within five seconds, or this browser cannot
   */
  async open(track, shrink) {
    const { sender, receiver } = this.#pc.addTransceiver(track, {
      direction: "sendrecv", sendEncodings: [{ scaleResolutionDownBy: shrink }],
    });
    [this.#sender, this.#receiver] = [sender, receiver];
    const inTime = AbortSignal.timeout(CONNECT_WITHIN_MS);
    const { rtc, ice } = await this.#addresses.call().catch((error) => {
      if (!(error instanceof Refusal)) throw new CallError("unreachable");
      throw new CallError(error.code, error.message, error.limit);
    });
    this.#url = rtc;
    this.#pc.setConfiguration(await this.#helpers(ice, inTime));
    await this.#pc.setLocalDescription();
    await this.#gathered();
    // Whoever has left must not take the session over.
    if (this.#ended) return undefined;
    const response = await this.#reached(this.#calls.fetch(this.#url, {
      method: "POST", headers: { "Content-Type": "application/sdp" },
      body: this.#pc.localDescription.sdp, signal: inTime,
    }), inTime);
    if (!response.ok) throw await refusal(response);
    this.#isTaken = true;
    this.#etag = response.headers.get("ETag") ?? "*";
    if (this.#ended) return this.#hangUp();
    await this.#pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
    await this.#opened(inTime);
    this.#listening = setInterval(() => this.#listen(), LISTEN_EVERY_MS);
    return undefined;
  }

  /** Send another track in the place of the one before, at once; null: nothing for now. */
  async replaceTrack(track) {
    await this.#sender.replaceTrack(track);
  }

  /** How many times smaller than the track the picture is sent. */
  async shrink(factor) {
    const parameters = this.#sender.getParameters();
    if (!parameters.encodings?.length) return;
    parameters.encodings[0].scaleResolutionDownBy = factor;
    await this.#sender.setParameters(parameters);
  }

  /** Send a message, in parts where it is long. @param {string} text */
  send(text) {
    if (text.length <= PART_CHARACTERS) return this.#channel.send(text);
    const messageId = `m${this.#nextMessage}`;
    this.#nextMessage += 1;
    const count = Math.ceil(text.length / PART_CHARACTERS);
    for (let index = 0; index < count; index += 1) {
      const part = text.slice(index * PART_CHARACTERS, (index + 1) * PART_CHARACTERS);
      const data = { message_id: messageId, index, count, text: part };
      this.#channel.send(JSON.stringify({ type: "chunk", data }));
    }
    return undefined;
  }

  /** Hang up; the server is told, as it may not notice by itself at once. */
  close() {
    const wasOpen = this.#isTaken && !this.#ended;
    this.#end();
    if (wasOpen) this.#hangUp();
  }

  #hangUp() {
    const headers = { "If-Match": this.#etag };
    this.#calls.fetch(this.#url, { method: "DELETE", headers, keepalive: true }).catch(() => {});
  }

  async #helpers(url, inTime) {
    const response = await this.#reached(this.#calls.fetch(url, { signal: inTime }), inTime);
    const { iceServers } = response.ok ? await response.json() : { iceServers: [] };
    return { iceServers, iceTransportPolicy: this.#policy };
  }

  #reached(asking, inTime) {
    return asking.catch((error) => {
      throw inTime.aborted ? error : new CallError("unreachable");
    });
  }

  async #opened(inTime) {
    if (this.#channel.readyState === "open") return;
    await once(this.#channel, "open", inTime);
  }

  async #gathered() {
    const inTime = AbortSignal.timeout(GATHER_WITHIN_MS);
    await gathered(this.#pc, inTime).catch(() => {});
  }

  #onState() {
    const state = this.#pc.connectionState;
    if (state === "closed" || (state === "failed" && !this.isOpen)) this.#lose();
    else if (state === "disconnected" || state === "failed") this.#recover();
  }

  /** The network is away, or another one: look for another way, for as long as the server waits. */
  async #recover() {
    if (this.#isRecovering) return;
    this.#isRecovering = true;
    const deadlineMs = performance.now() + GRACE_MS;
    await pause(WAIT_MS);
    while (this.#isCut && performance.now() < deadlineMs) {
      await this.#restart();
      for (let waitedMs = 0; this.#isCut && waitedMs < AGAIN_MS; waitedMs += 100) await pause(100);
    }
    this.#isRecovering = false;
    if (this.#isCut) this.#lose();
  }

  /** A server that has died does not say so. */
  async #listen() {
    const isSending = this.#sender.track !== null && !this.#isRecovering;
    const packets = isSending ? await packetsOf(this.#receiver) : null;
    if (this.#ended || !this.#silence.isToAsk(packets, performance.now())) return;
    await this.#unlessGone(askWhetherItGoesOn(this.#pc, this.#etag, this.#send));
  }

  async #restart() {
    const gathering = () => this.#gathered();
    const etag = await this.#unlessGone(restartIce(this.#pc, this.#send, gathering));
    this.#etag = etag ?? this.#etag;
  }

  #send = (options) => this.#calls.fetch(this.#url, options);

  /** What is answered, if anything is. */
  async #unlessGone(answer) {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof CallGone) this.#lose(true);
      return undefined;
    }
  }

  get #isCut() {
    return !this.#ended && this.#pc.connectionState !== "connected";
  }

  #onTrack({ track, streams, receiver }) {
    // The picture is to be shown when it is there: what it is late by now it would be late by for ever.
    if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
    this.#emit("stream", streams[0] ?? new MediaStream([track]));
  }

  #lose(isGone = false) {
    if (this.#ended) return;
    this.#end();
    this.#emit("lost", { isGone });
  }

  #end() {
    this.#ended = true;
    clearInterval(this.#listening);
    this.#pc.close();
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/**
 * Candidates travel with the offer: on one's own network they are there at once. A helping server
 * that does not answer is not waited for; by what comes later the server is spoken to all the same.
 */
async function gathered(pc, signal) {
  // After an ICE restart the state is that of the last time, until the first candidate is there.
  const isDone = () => pc.iceGatheringState === "complete" && /^a=candidate:/m.test(pc.localDescription.sdp);
  while (!isDone()) await once(pc, "icegatheringstatechange", signal);
}

function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

function once(target, name, signal) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    target.addEventListener(name, resolve, { once: true });
  });
}

async function refusal(response) {
  const { error, message, details } = await response.json().catch(() => ({}));
  return new CallError(error ?? response.statusText, message, details?.limit);
}
