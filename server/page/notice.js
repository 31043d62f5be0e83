// The card over the picture that says what went wrong and offers the way out.

import { byId, say } from "./dom.js";
import { problemWords } from "./messages.js";

// Where a photo or a video can be changed although there is no live picture.
const FILES_HELP = new Set(["camera", "video", "retry"]);

/** Events are the actions: "camera", "video", "files", "retry", "resume", "take_back", "reload". */
export class Notice extends EventTarget {
  /** The problem on show, or null. */
  problem = null;
  #action = "";
  #timer = 0;

  constructor() {
    super();
    byId("notice-action").addEventListener("click", () => this.#act(this.#action));
    byId("notice-video").addEventListener("click", () => this.#act("video"));
    byId("notice-files").addEventListener("click", () => this.#act("files"));
  }

  /** @param {string} problem @param {number | null} delayMs until the next try by itself */
  show(problem, delayMs = null) {
    const { title, text, action, label } = problemWords(problem);
    this.problem = problem;
    this.#action = action;
    say(byId("notice-title"), title);
    say(byId("notice-text"), text);
    say(byId("notice-action"), label);
    byId("notice-video").hidden = action !== "camera";
    byId("notice-files").hidden = !FILES_HELP.has(action);
    byId("notice").hidden = false;
    byId("notice").dataset.problem = problem;
    this.#countDown(delayMs);
  }

  hide() {
    clearInterval(this.#timer);
    this.problem = null;
    byId("notice").hidden = true;
  }

  /** While a try is under way. */
  showTrying() {
    clearInterval(this.#timer);
    say(byId("notice-wait"), "Connecting…");
  }

  #countDown(delayMs) {
    clearInterval(this.#timer);
    const atMs = performance.now() + (delayMs ?? 0);
    const tell = () => {
      const seconds = Math.max(1, Math.ceil((atMs - performance.now()) / 1000));
      say(byId("notice-wait"), delayMs === null ? "" : `Trying again in ${seconds} s.`);
    };
    tell();
    if (delayMs !== null) this.#timer = setInterval(tell, 500);
  }

  #act(action) {
    this.dispatchEvent(new Event(action));
  }
}
