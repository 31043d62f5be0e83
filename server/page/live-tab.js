// The tab for live pictures: what the visitor does there, and what the connection tells.

import { showCameras } from "./camera-choice.js";
import { byId, say } from "./dom.js";
import { Figures } from "./figures.js";
import { failureWords } from "./file-words.js";
import { startHints } from "./hint.js";
import { LivePanel } from "./live-panel.js";
import { appliedWords, errorWords } from "./messages.js";
import { serverWords, showFigures } from "./readout.js";
import { RemoteView } from "./remote-view.js";
import { connectSizeChoice } from "./size-choice.js";
import { saveSnapshot } from "./snapshot.js";
import { Source, SourceError, camerasAllowed } from "./source.js";
import { Stage } from "./stage.js";

const READOUT_EVERY_MS = 500;
const now = () => performance.now();

/** Event: "files" when photos and videos are asked for instead. */
export class LiveTab extends EventTarget {
  #session;
  #calls;
  #consent;
  #panel = new LivePanel();
  #source = new Source(byId("video"));
  #stage = new Stage(byId("picture"), byId("result"), byId("divider"));
  #figures = new Figures(now);
  #remote;
  #hint;
  // Counts what is asked for; who stops, or goes to another tab, asks for nothing more.
  #wish = 0;
  #lostBeforeFirst = 0;
  #wasEstablished = false;
  #droppedVideo = null;

  /** @param {object} parts that others have, too: by the names of their classes */
  constructor({ session, calls, consent }) {
    super();
    this.#session = session;
    this.#calls = calls;
    this.#consent = consent;
    const shown = { video: byId("video"), stage: this.#stage, figures: this.#figures };
    this.#remote = new RemoteView(shown);
    this.#hint = startHints(now, () => this.#panel.state === "live" && !session.look.isEmpty);
    this.#connectButtons();
    this.#connectSession();
    this.#connectFrames();
    this.#connectNotice();
    this.#connectWindow();
    connectSizeChoice(byId("size"), location.search, (size) => session.fix(size));
    setInterval(() => this.#showReadout(), READOUT_EVERY_MS);
    this.#panel.resting();
  }

  /** Another tab is shown: nothing goes on here, and all is as it was at first. */
  rest() {
    this.#end();
    this.#droppedVideo = null;
    this.#panel.resting();
    this.tell("Nothing is sent yet.");
  }

  /** The look was changed. */
  onLook() {
    this.#stage.compares = !this.#session.look.isEmpty;
  }

  tell(words) {
    this.#panel.tell(words);
  }

  /** @param {File} file dropped */
  take(file) {
    if (file.type.startsWith("image/")) this.tell("Drop a photo on Style photo or on Colour photo.");
    else if (this.#panel.state === "consent") this.#keep(file);
    else this.#startVideo(file);
  }

  /** Nothing is sent before the visitor has agreed, however the video came in. */
  #keep(file) {
    this.#droppedVideo = file;
    this.tell(`Your video is ready: press “${byId("start-video-words").textContent}”.`);
  }

  #startCamera(deviceId = null) {
    this.#start(() => this.#source.openCamera(deviceId), "Waiting for the camera…");
  }

  #startVideo(file) {
    this.#start(() => this.#source.openFile(file), "Opening the video…");
  }

  async #start(open, words) {
    this.#wish += 1;
    const asked = this.#wish;
    if (this.#calls.problem) return this.#panel.trouble(this.#calls.problem);
    if (!(await this.#isAgreed(asked))) return undefined;
    this.#panel.starting(words);
    try {
      await open();
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return asked === this.#wish ? this.#giveUp(error.problem) : undefined;
    }
    if (asked !== this.#wish) return undefined;
    this.#stage.clear();
    this.#stage.aspect = this.#session.picture;
    this.#mirror(this.#source.suitsMirror);
    await this.#session.start();
    if (asked !== this.#wish) return undefined;
    if (this.#session.isOpen) this.#goLive();
    return showCameras(this.#source);
  }

  /** Whether pictures may be sent, and are still wished for; if they may not, it is said why. */
  async #isAgreed(asked) {
    this.tell("Asking the server…");
    try {
      const isGiven = await this.#consent.given();
      if (!isGiven && asked === this.#wish) this.tell("You have not agreed. Nothing is sent.");
      return isGiven && asked === this.#wish;
    } catch (error) {
      if (asked === this.#wish) this.#explain(error);
      return false;
    }
  }

  /** Why a request failed. */
  #explain(error) {
    if (this.#calls.problem) this.#panel.trouble(this.#calls.problem);
    else this.tell(failureWords(error));
  }

  #end() {
    this.#wish += 1;
    this.#source.stop();
    this.#session.stop();
    this.#stage.clear();
    this.#remote.stop();
    this.#lostBeforeFirst = 0;
    byId("camera-choice").hidden = true;
  }

  #stop() {
    const what = this.#source.kind === "file" ? "The video is stopped" : "The camera is off";
    this.#end();
    this.#panel.stopped(what);
    byId(camerasAllowed() ? "start-camera" : "start-video").focus();
  }

  /** There is no picture, so nothing else goes on either. */
  #giveUp(problem) {
    this.#end();
    this.#panel.trouble(problem);
  }

  #goLive() {
    this.#panel.live(this.#session.look.isEmpty ? "Live. Choose a shade to begin." : "Live.");
  }

  #mirror(on) {
    this.#stage.mirrored = on;
    byId("mirror").setAttribute("aria-pressed", String(on));
  }

  async #snapshot() {
    const name = saveSnapshot(await this.#stage.resultJpeg(), this.#session.look);
    this.tell(`Saved ${name}: the whole result, as others see you (not mirrored).`);
  }

  #onLost({ problem, delayMs }) {
    if (!this.#wasEstablished) this.#lostBeforeFirst += 1;
    // The first try may fail only because the server does not speak the binary protocol.
    if (this.#lostBeforeFirst === 1 && problem === "connection_lost") return;
    if (problem === "unauthorized") return this.#panel.trouble(this.#calls.problem ?? problem);
    if (problem === "consent_required") return this.#askAgain();
    this.#panel.trouble(problem === "connection_lost" ? this.#lossInFull() : problem, delayMs);
  }

  /** The server knows of no consent, or of none any more. */
  async #askAgain() {
    const asked = this.#wish;
    this.#panel.trouble("consent_required");
    try {
      const isGiven = await this.#consent.givenAnew();
      if (asked !== this.#wish) return;
      if (!isGiven) this.#stop();
      else if (this.#source.isPlaying) this.#session.open();
    } catch (error) {
      if (asked === this.#wish) this.#explain(error);
    }
  }

  /** What is known beyond the loss itself: the server said goodbye, or was never heard. */
  #lossInFull() {
    if (this.#panel.notice.problem === "server_closing") return "server_closing";
    return this.#wasEstablished ? "connection_lost" : "unreachable";
  }

  #onMessage(message) {
    const { type } = message;
    if (["look_set", "style_set", "color_set"].includes(type)) this.tell(appliedWords(message));
    else if (type === "error" && !message.frame_id && !message.about) this.tell(errorWords(message));
  }

  #onStats(stats) {
    say(byId("server-figures"), serverWords(stats));
    this.#remote.learn(stats.link);
    this.#hint(stats.advice ?? []);
  }

  #connectButtons() {
    byId("start-camera").addEventListener("click", () => this.#startCamera());
    byId("start-video").addEventListener("click", () => {
      if (this.#droppedVideo) this.#startVideo(this.#droppedVideo);
      else byId("video-file").click();
      this.#droppedVideo = null;
    });
    byId("video-file").addEventListener("change", ({ target }) => {
      if (target.files[0]) this.#startVideo(target.files[0]);
      target.value = "";
    });
    byId("stop").addEventListener("click", () => this.#stop());
    byId("snapshot").addEventListener("click", () => this.#snapshot());
    byId("cameras").addEventListener("change", ({ target }) => this.#startCamera(target.value));
    byId("mirror").addEventListener("click", ({ currentTarget }) => {
      this.#mirror(currentTarget.getAttribute("aria-pressed") !== "true");
    });
  }

  #connectSession() {
    const [session, remote] = [this.#session, this.#remote];
    session.addEventListener("connecting", () => this.#panel.notice.showTrying());
    session.addEventListener("lost", ({ detail }) => this.#onLost(detail));
    session.addEventListener("message", ({ detail }) => this.#onMessage(detail));
    session.addEventListener("stats", ({ detail }) => this.#onStats(detail));
    session.addEventListener("established", () => {
      this.#wasEstablished = true;
      this.#goLive();
    });
    session.addEventListener("stream", ({ detail }) => remote.show(detail));
    session.addEventListener("lost", () => remote.stop());
    session.addEventListener("streamended", () => remote.stop());
    this.#source.addEventListener("lost", () => this.#giveUp("camera_lost"));
  }

  #connectFrames() {
    const [session, figures] = [this.#session, this.#figures];
    session.addEventListener("delivered", ({ detail }) => figures.delivered(detail));
    session.addEventListener("dropped", ({ detail }) => figures.dropped(detail));
    session.addEventListener("paused", () => figures.paused());
    session.addEventListener("picture", ({ detail }) => this.#stage.show(detail));
    session.addEventListener("failed", ({ detail }) => {
      figures.failed();
      this.tell(errorWords(detail));
    });
  }

  #connectNotice() {
    const { notice } = this.#panel;
    notice.addEventListener("camera", () => this.#startCamera());
    notice.addEventListener("video", () => byId("video-file").click());
    notice.addEventListener("files", () => this.dispatchEvent(new Event("files")));
    notice.addEventListener("reload", () => location.reload());
    for (const action of ["retry", "resume", "take_back"]) {
      notice.addEventListener(action, () => this.#session.open());
    }
  }

  #connectWindow() {
    navigator.mediaDevices?.addEventListener?.("devicechange", () => showCameras(this.#source));
    document.addEventListener("visibilitychange", () => this.#remote.forget());
  }

  #showReadout() {
    const { transport, carriesVideo, inFlight } = this.#session;
    const picture = carriesVideo ? this.#remote.size : this.#session.picture;
    showFigures(byId("readout"), { ...this.#figures.read(), transport, picture, inFlight });
    byId("snapshot").disabled = !this.#stage.hasResult;
  }
}
