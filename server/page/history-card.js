// One result in the history: its thumbnail, its state, when it was ordered; to be opened or deleted.

import { ConfirmButton } from "./confirm-button.js";
import { icon, make, say } from "./dom.js";
import { dateWords, progressOf, stateWords } from "./file-words.js";
import { isFinal } from "./client/job-watch.js";

/** Events: "open", "remove". */
export class HistoryCard extends EventTarget {
  element = make("li", { className: "card-item" });
  item;
  #picture = make("span", { className: "card-picture" });
  #state = make("b");
  #bar = make("progress", { max: 1 });
  #main;
  #remove;
  #api;

  /**
   * @param {{result_id: string, status: string, created_at: string}} item
   * @param {import("./client/files-api.js").FilesApi} api
   */
  constructor(item, api) {
    super();
    this.#api = api;
    this.element.dataset.result = item.result_id;
    const date = make("span", { className: "small" }, dateWords(item.created_at));
    const words = make("span", { className: "card-words" }, this.#state, date);
    this.#main = make("button", { type: "button", className: "card-open" }, this.#picture, words);
    this.#main.addEventListener("click", () => this.dispatchEvent(new Event("open")));
    this.#bar.setAttribute("aria-hidden", "true");
    const button = make("button", { type: "button", className: "plain" });
    button.append(icon("bin"));
    this.#remove = new ConfirmButton(button, { question: "", yes: "", no: "Keep" });
    this.#remove.addEventListener("confirmed", () => this.dispatchEvent(new Event("remove")));
    this.element.append(this.#main, this.#remove.element);
    this.show(item);
  }

  /** Its state, and its picture when there is one. */
  show(item) {
    this.item = { ...this.item, ...item };
    const { status, created_at: created } = this.item;
    this.element.dataset.status = status;
    say(this.#state, stateWords(status));
    this.#paint(isFinal(status), this.#api.media(this.item).thumbnail);
    const [verb, question] = isFinal(status) ? ["Delete", "Delete it for good?"] : ["Cancel", "Cancel it?"];
    this.#remove.words = { question, yes: verb, no: "Keep" };
    this.#remove.element.querySelector(".plain")
      ?.setAttribute("aria-label", `${verb} the video of ${dateWords(created)}`);
  }

  /** How far it is. */
  advance(progress) {
    if (progress.status !== this.item.status) this.show({ status: progress.status });
    const { share } = progressOf({ state: progress.status, progress });
    if (share === null) this.#bar.removeAttribute("value");
    else this.#bar.value = share;
    const percent = share === null ? "" : `, ${Math.floor(100 * share)} %`;
    say(this.#state, stateWords(progress.status) + percent);
  }

  /** It was not removed after all. */
  keep() {
    this.#remove.reset({ focus: true });
  }

  focus() {
    this.#main.focus();
  }

  #paint(isDone, thumbnail) {
    if (!isDone) this.#picture.replaceChildren(this.#bar);
    else if (!thumbnail) this.#picture.replaceChildren(icon("film"));
    else if (this.#picture.querySelector("img")?.getAttribute("src") !== thumbnail) {
      this.#picture.replaceChildren(make("img", { src: thumbnail, alt: "", loading: "lazy" }));
    }
  }
}
