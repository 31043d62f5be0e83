// Requests in the visitor's name: with their token, if there is one; and whether they are let in.

import { NoAnswer, refusalOf } from "./refusal.js";

const UNAUTHORIZED = 401;
const TOKEN = /^[!-~]+$/;
/** How long a short answer is waited for. */
export const PATIENCE_MS = 10_000;

/**
 * What says who is there: null where a gateway knows the visitor, or nobody is asked. A function is
 * asked for it when it is needed first, and again when the server takes the last one no more.
 * @typedef {string | null | (() => string | null | Promise<string | null>)} Token
 */

/** Events: "refused" when the server does not know, or knows no longer, who is there, or takes them
 * for somebody else than before; "admitted" when who was refused is let in again; "forbidden" when
 * something is another user's. */
export class Calls extends EventTarget {
  /** Why nothing goes on: "unauthorized", "signed_out" or "switched"; null as long as somebody is
   * let in. */
  problem = null;
  /** Where the server is. @type {URL} */
  server;
  #source;
  // A promise of the token that is shown; undefined: it was not asked for yet.
  #token;
  #wasLetIn = false;

  /** @param {{server?: string | URL, token?: Token}} [options] */
  constructor({ server = new URL("/", import.meta.url), token = null } = {}) {
    super();
    this.server = new URL(server);
    this.#source = token;
  }

  /** Whether there is a token: what sends no headers does not show it. */
  get hasToken() {
    return Boolean(this.#source);
  }

  /** Whether there may be another token when the last one is taken no more. */
  get canRenew() {
    return typeof this.#source === "function";
  }

  /** An address at the server, whole. @param {string} url */
  at(url) {
    return new URL(url, this.server).href;
  }

  /**
   * Do what shows who is there; and once more if that is not taken, and there is another token.
   * @param {(headers: Record<string, string>) => Promise<T>} act
   * @param {(outcome: T) => boolean} isRefused
   * @returns {Promise<T>}
   * @template T
   */
  async shown(act, isRefused) {
    this.#token ??= this.#asked();
    const shown = this.#token;
    const outcome = await act(headersOf(await shown));
    if (!isRefused(outcome) || !this.canRenew) return outcome;
    // Others may have been refused with the same one, and have asked for another meanwhile.
    if (shown === this.#token) this.#token = this.#asked();
    const fresh = await this.#token;
    return fresh === (await shown) ? outcome : act(headersOf(fresh));
  }

  /** As the browser's own. How a gateway refuses strangers, or where it sends them, is its own
   * matter: here they are refused as by the server. */
  async fetch(url, options = {}) {
    const answer = await this.shown((own) => {
      const headers = { ...options.headers, ...own };
      return fetch(this.at(url), { cache: "no-store", redirect: "manual", ...options, headers });
    }, isOfStranger);
    if (answer.ok) this.admit();
    if (!isOfStranger(answer)) return answer;
    this.heed({ status: UNAUTHORIZED });
    return Response.json({ error: "UNAUTHORIZED" }, { status: UNAUTHORIZED });
  }

  /**
   * @returns {Promise<Response>} a good one
   * @throws {Refusal | NoAnswer}
   */
  async ask(url, options = {}) {
    const answer = await this.fetch(url, options).catch(() => {
      throw new NoAnswer(url);
    });
    if (answer.ok) return answer;
    const refusal = refusalOf(answer.status, await answer.text(), answer.headers.get("Retry-After"));
    this.heed(refusal);
    throw refusal;
  }

  /** Take note of how a request was refused, whichever way it went.
   * @param {{status: number, code?: string}} refusal */
  heed({ status, code }) {
    if (code === "FORBIDDEN") this.dispatchEvent(new Event("forbidden"));
    if (status !== UNAUTHORIZED) return;
    // Whoever hands over a token has had one; a function may never have.
    const wasSignedIn = this.#wasLetIn || (this.hasToken && !this.canRenew);
    this.end(wasSignedIn ? "signed_out" : "unauthorized");
  }

  /** Somebody was let in. Who is another one by now stays that. */
  admit() {
    this.#wasLetIn = true;
    if (this.problem === null || this.problem === "switched") return;
    this.problem = null;
    this.dispatchEvent(new Event("admitted"));
  }

  /** Nothing goes on. @param {string} problem the first is the one that is told */
  end(problem) {
    if (this.problem !== null) return;
    this.problem = problem;
    this.dispatchEvent(new Event("refused"));
  }

  /** Who could not be asked is asked again. */
  #asked() {
    const asked = this.#ask();
    asked.catch(() => {
      if (this.#token === asked) this.#token = undefined;
    });
    return asked;
  }

  async #ask() {
    return tokenIn(this.canRenew ? await this.#source() : this.#source);
  }
}

/** What cannot stand in a header is none: a page where people sign in, say, in a token's place. */
function tokenIn(text) {
  const token = text?.trim() ?? "";
  return TOKEN.test(token) ? token : null;
}

function headersOf(token) {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/** @param {Response} answer */
function isOfStranger({ type, status }) {
  return type === "opaqueredirect" || status === UNAUTHORIZED;
}
