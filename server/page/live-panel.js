// What the live tab shows of its state: the chip, the cards over the picture, the line below it.

import { byId, say } from "./dom.js";
import { problemWords } from "./messages.js";
import { Notice } from "./notice.js";

export class LivePanel {
  /** The card that says what went wrong. */
  notice = new Notice();
  #firstTitle = byId("consent-title").textContent;

  /** @returns {"consent" | "starting" | "live" | "problem"} */
  get state() {
    return document.body.dataset.state;
  }

  tell(words) {
    say(byId("status"), words);
  }

  starting(words) {
    this.notice.hide();
    this.#enter("starting", "Starting…", "wait");
    this.tell(words);
  }

  live(words) {
    this.#enter("live", "Live", "good");
    this.tell(words);
  }

  /** As it is at first. */
  resting() {
    say(byId("consent-title"), this.#firstTitle);
    this.#enter("consent", "Not started", "idle");
  }

  /** @param {string} what has stopped */
  stopped(what) {
    say(byId("consent-title"), what);
    this.#enter("consent", "Stopped", "idle");
    this.tell(`${what}. Nothing is sent any more.`);
  }

  /** @param {string} problem @param {number | null} delayMs until the next try by itself */
  trouble(problem, delayMs = null) {
    const { title } = problemWords(problem);
    this.#enter("problem", delayMs === null ? "Not live" : "Reconnecting", "bad");
    this.notice.show(problem, delayMs);
    this.tell(`${title}.`);
  }

  #enter(state, chip, tone) {
    document.body.dataset.state = state;
    say(byId("chip"), chip);
    byId("chip").dataset.tone = tone;
    const idle = state === "consent";
    byId("stop").disabled = idle;
    byId("mirror").disabled = state !== "live";
    byId("studio").disabled = state !== "live";
    // The button that was pressed goes away with its card: the focus must not be lost with it.
    if (!idle && byId("consent").contains(document.activeElement)) byId("stop").focus();
    byId("consent").hidden = !idle;
    if (state === "live" || idle) this.notice.hide();
  }
}
