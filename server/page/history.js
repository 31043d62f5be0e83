// The visitor's videos on the server: the latest first, a page at a time.

import { byId, say } from "./dom.js";
import { failureWords } from "./file-words.js";
import { HistoryCard } from "./history-card.js";
import { isFinal } from "./client/job-watch.js";
import { Refusal } from "./client/refusal.js";

const PAGE = 12;

/** Events: "open" (detail: the item), "empty" when the focus is left without a card. */
export class History extends EventTarget {
  #api;
  #watch;
  #cards = new Map();
  #total = 0;
  #loading = null;

  /**
   * @param {import("./client/files-api.js").FilesApi} api
   * @param {import("./client/job-watch.js").JobWatch} watch
   */
  constructor(api, watch) {
    super();
    this.#api = api;
    this.#watch = watch;
    byId("history-more").addEventListener("click", () => this.#more());
    watch.addEventListener("progress", ({ detail }) => this.#cards.get(detail.result_id)?.advance(detail));
    watch.addEventListener("end", ({ detail }) => this.#cards.get(detail.result_id)?.show(detail));
    watch.addEventListener("gone", ({ detail }) => this.#drop(detail.result_id));
  }

  /** Load the first page, unless that was done. */
  load() {
    if (this.#cards.size === 0) this.#loading ??= this.#fetch();
    return this.#loading;
  }

  /** Something was ordered just now. */
  add(item) {
    if (this.#cards.has(item.result_id)) return;
    this.#total += 1;
    byId("cards").prepend(this.#card(item).element);
    this.#render();
  }

  /** Nothing is kept any more. */
  clear() {
    for (const resultId of [...this.#cards.keys()]) this.#watch.forget(resultId);
    this.#total = 0;
    this.#render();
  }

  async #more() {
    const before = new Set(this.#cards.keys());
    this.#loading ??= this.#fetch();
    await this.#loading;
    [...this.#cards].find(([resultId]) => !before.has(resultId))?.[1].focus();
  }

  async #fetch() {
    say(byId("history-words"), "Loading…");
    try {
      const { results, total } = await this.#api.history(PAGE, this.#cards.size);
      // What was ordered meanwhile elsewhere has moved the others down: they come twice.
      const fresh = results.filter(({ result_id: resultId }) => !this.#cards.has(resultId));
      this.#total = total;
      byId("cards").append(...fresh.map((item) => this.#card(item).element));
      this.#render();
    } catch (error) {
      this.#complain(failureWords(error));
    } finally {
      this.#loading = null;
    }
  }

  #card(item) {
    const card = new HistoryCard(item, this.#api);
    this.#cards.set(item.result_id, card);
    card.addEventListener("open", () => this.dispatchEvent(new CustomEvent("open", { detail: card.item })));
    card.addEventListener("remove", () => this.#remove(card));
    if (!isFinal(item.status)) this.#watch.follow(item.result_id);
    return card;
  }

  /** Cancel or delete it: what was cancelled stays. */
  async #remove(card) {
    const { result_id: resultId } = card.item;
    try {
      const result = await this.#api.remove(resultId);
      if (result === null) return this.#watch.forget(resultId);
      this.#watch.settle(result);
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return this.#watch.forget(resultId);
      say(byId("history-words"), failureWords(error));
    }
    return card.keep();
  }

  #drop(resultId) {
    const card = this.#cards.get(resultId);
    if (!card) return;
    const hadFocus = card.element.contains(document.activeElement);
    const ids = [...this.#cards.keys()];
    const shown = [...byId("cards").children].map(({ dataset }) => dataset.result);
    const at = shown.indexOf(resultId);
    const next = this.#cards.get(shown[at + 1] ?? shown[at - 1]);
    card.element.remove();
    this.#cards.delete(resultId);
    this.#total = Math.max(ids.length - 1, this.#total - 1);
    this.#render();
    if (!hadFocus) return;
    if (next) next.focus();
    else this.dispatchEvent(new Event("empty"));
  }

  #render() {
    const shown = this.#cards.size;
    say(byId("history-words"), shown === 0 ? "No videos yet. Those you change are kept here." : "");
    say(byId("history-more"), "Show more");
    byId("history-more").hidden = shown >= this.#total;
  }

  #complain(words) {
    say(byId("history-words"), words);
    say(byId("history-more"), "Try again");
    byId("history-more").hidden = false;
  }
}
