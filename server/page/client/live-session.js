// One live try-on: what a video element shows goes out, with a look, and comes back changed.

import { Frames } from "./frames.js";
import { Link } from "./link.js";
import { LiveAddresses } from "./live-addresses.js";
import { Look } from "./look.js";
import { LookSender } from "./look-sender.js";
import { Pacer } from "./pacer.js";

const FROM_LINK = ["connecting", "established", "message", "stream", "streamended", "lost"];
const FROM_FRAMES = ["delivered", "picture", "dropped", "failed", "paused"];
const FROM_SENDER = ["refused", "photokept", "photorefused"];

/**
 * Comes back by itself when it is lost, with its look: after pauses that grow, at once where the
 * server has said that it closes, and not where that would be no use.
 *
 * Events of the connection (Link): "connecting", "established", "message", "stream", "streamended",
 * "lost" (detail: {problem, delayMs}; null: not by itself). Of single frames (Frames): "delivered",
 * "picture", "dropped", "failed", "paused". Of photos (LookSender): "refused", "photokept",
 * "photorefused". What the server sees: "stats" (detail: its figures), and when they change "heads"
 * (detail: how many, or null) and "advice" (detail: names, as "too_dark").
 */
export class LiveSession extends EventTarget {
  /** What is worn. Change it, and then say so by the sender, or by wear. */
  look = new Look();
  /** Sends the look, whole or in parts. */
  sender;
  /** The session's id, by which a snapshot of it is asked for. */
  id;
  #link;
  #frames;
  #pacer = new Pacer(() => performance.now());
  #video;
  // What start was called for last; null when it is over.
  #visit = null;
  // Ends what is listened to from start to stop.
  #leaving = null;
  #isIdle = false;
  #seen = {};

  /**
   * @param {import("./calls.js").Calls} calls
   * @param {import("./visitor.js").Visitor} visitor
   * @param {object} options
   * @param {HTMLVideoElement} options.video plays what is sent: a camera's stream, or a film
   * @param {"websocket" | "relay" | null} [options.transport] null: WebRTC, else the WebSocket
   */
  constructor(calls, visitor, { video, transport = null }) {
    super();
    const addresses = new LiveAddresses(visitor, calls.server);
    this.id = addresses.session;
    this.#video = video;
    this.#link = new Link(addresses, calls, transport);
    this.sender = new LookSender(this.look, this.#link);
    this.#frames = new Frames(video, this.#link, this.#pacer);
    this.#link.addEventListener("established", ({ detail }) => this.#onEstablished(detail));
    this.#link.addEventListener("message", ({ detail }) => this.#onMessage(detail));
    this.#passOn(this.#link, FROM_LINK);
    this.#passOn(this.#frames, FROM_FRAMES);
    this.#passOn(this.sender, FROM_SENDER);
    this.#link.addEventListener("lost", ({ detail }) => this.#onLost(detail));
  }

  get isOpen() {
    return this.#link.isOpen;
  }

  /** Whether pictures come back as a stream, and not one by one. */
  get carriesVideo() {
    return this.#link.carriesVideo;
  }

  /** "webrtc", "binary", "json", or "" while there is no connection. */
  get transport() {
    return this.#link.transport;
  }

  /** The size in pixels and the quality of the next single frame; null while there is no picture. */
  get picture() {
    return this.#frames.picture;
  }

  /** How many single frames have no answer yet. */
  get inFlight() {
    return this.#pacer.inFlight;
  }

  /**
   * Begin with what the video shows now, or go on with it where it shows something else.
   * @param {{signal?: AbortSignal}} [options] stops it
   */
  async start({ signal } = {}) {
    signal?.throwIfAborted();
    const visit = Symbol("visit");
    this.#visit = visit;
    this.#listen();
    signal?.addEventListener("abort", () => this.stop(), { signal: this.#leaving.signal });
    this.#frames.start();
    await this.#carry();
    if (visit === this.#visit) this.open();
  }

  /** Send nothing more, and leave. */
  stop() {
    this.#visit = null;
    this.#isIdle = false;
    this.#leaving?.abort();
    this.#leaving = null;
    this.#frames.stop();
    this.#link.close();
  }

  /** Connect now, whatever is planned; does nothing while connected. */
  open() {
    this.#isIdle = false;
    this.#link.open();
  }

  /**
   * Put on what is named; all else stays as it is.
   * @param {Partial<Look>} parts
   */
  wear(parts) {
    this.look.put(parts);
    this.sender.sendAll();
  }

  /** Fix the size that is sent. @param {{width: number, height: number} | null} size null: by itself */
  fix(size) {
    this.#pacer.ladder.fix(size);
    if (this.#isWanted) this.#carry();
  }

  get #isWanted() {
    return this.#visit !== null && this.#frames.isPlaying;
  }

  /** A camera's track goes by WebRTC; of a film frames are taken one by one. */
  #carry() {
    const track = this.#video.srcObject?.getVideoTracks()[0] ?? null;
    return this.#link.carry(track, this.#pacer.ladder.shrink(this.#frames.sourceSize));
  }

  #onEstablished({ look }) {
    if (!this.look.isEmpty || look) this.sender.sendAll();
  }

  #onMessage({ type, data }) {
    if (type !== "stats") return;
    this.#emit("stats", data);
    for (const name of ["heads", "advice"]) this.#tellChange(name, data[name]);
  }

  #tellChange(name, value) {
    const text = JSON.stringify(value);
    if (text === this.#seen[name]) return;
    this.#seen[name] = text;
    this.#emit(name, value);
  }

  #onLost({ problem }) {
    this.#seen = {};
    if (problem !== "idle") return;
    this.#isIdle = true;
    // Told late, to a page that was asleep: somebody is here.
    if (!document.hidden && this.#isWanted) this.open();
  }

  #listen() {
    if (this.#leaving !== null) return;
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    addEventListener("online", () => this.#isWanted && this.open(), { signal });
    document.addEventListener("visibilitychange", () => this.#onVisibility(), { signal });
    this.#link.hold(document.hidden);
  }

  #onVisibility() {
    // Nobody looks: the connection goes on without pictures.
    this.#link.hold(document.hidden);
    this.#frames.pause();
    if (!document.hidden && this.#isIdle && this.#isWanted) this.open();
  }

  #passOn(source, names) {
    for (const name of names) source.addEventListener(name, ({ detail }) => this.#emit(name, detail));
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
