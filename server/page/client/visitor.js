// Who is there: whom the server takes the visitor for, or, where it asks nobody, this browser.

import { PATIENCE_MS } from "./calls.js";
import { browserId } from "./identity.js";
import { Refusal } from "./refusal.js";

const API = "/api/hair-tryOn";

/** Everything raises Refusal or NoAnswer. */
export class Visitor {
  #calls;
  #asking = null;
  #checking = null;

  /** @param {import("./calls.js").Calls} calls */
  constructor(calls) {
    this.#calls = calls;
    // What is shown was the visitor's own: who is there may be another one by now.
    calls.addEventListener("forbidden", () => this.check().catch(() => {}));
  }

  /**
   * Asked of the server once, and again where there was no answer.
   * @returns {Promise<{userId: string, isKnown: boolean}>} known to the server, or by chance
   */
  who() {
    this.#asking ??= this.#ask().catch((error) => {
      this.#asking = null;
      throw error;
    });
    return this.#asking;
  }

  /** @returns {Promise<string>} */
  async userId() {
    return (await this.who()).userId;
  }

  /**
   * An address for what sends no headers, good for once: with a ticket, where one is needed.
   * @param {string} url whole, or at the server
   * @returns {Promise<string>}
   */
  async admitted(url) {
    const { isKnown } = await this.who();
    const place = this.#calls.at(url);
    if (!isKnown) return place;
    const { ticket } = await this.#json(`${API}/tickets`, "POST");
    return `${place}${place.includes("?") ? "&" : "?"}ticket=${encodeURIComponent(ticket)}`;
  }

  /** Whether they are let in still, as whom they were before. */
  check() {
    this.#checking ??= this.#compare().finally(() => {
      this.#checking = null;
    });
    return this.#checking;
  }

  async #compare() {
    const { userId } = await this.who();
    const now = await this.#ask();
    if (now.userId === userId) return;
    this.#calls.end("switched");
    throw new Refusal({ status: 403, code: "FORBIDDEN", retryAfterS: null });
  }

  async #ask() {
    const { user_id: userId } = await this.#json(`${API}/me`, "GET");
    return userId === null
      ? { userId: browserId(), isKnown: false }
      : { userId, isKnown: true };
  }

  async #json(url, method) {
    const answer = await this.#calls.ask(url, { method, signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.json();
  }
}
