// Requests in the visitor's name: with their token, if there is one; and whether they are let in.

import { NoAnswer, refusalOf } from "./refusal.js";

const UNAUTHORIZED = 401;
/** How long a short answer is waited for. */
export const PATIENCE_MS = 10_000;

/** Events: "refused" when the server does not know, or knows no longer, who is there, or takes them
 * for somebody else than before; "forbidden" when something is another user's. */
export class Calls extends EventTarget {
  /** Why nothing goes on, as a problem of messages.js; null as long as somebody is let in. */
  problem = null;
  #token;
  #wasLetIn = false;

  /** @param {string | null} token null where a gateway knows the visitor, or nobody is asked */
  constructor(token) {
    super();
    this.#token = token;
  }

  /** What says who asks. @returns {Record<string, string>} */
  get headers() {
    return this.hasToken ? { Authorization: `Bearer ${this.#token}` } : {};
  }

  /** Whether there is a token: what sends no headers does not show it. */
  get hasToken() {
    return Boolean(this.#token);
  }

  /** As the browser's own. How a gateway refuses strangers, or where it sends them, is its own
   * matter: here they are refused as by the server. */
  async fetch(url, options = {}) {
    const headers = { ...options.headers, ...this.headers };
    const answer = await fetch(url, { cache: "no-store", redirect: "manual", ...options, headers });
    this.#wasLetIn ||= answer.ok;
    if (answer.type !== "opaqueredirect" && answer.status !== UNAUTHORIZED) return answer;
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
    this.end(this.hasToken || this.#wasLetIn ? "signed_out" : "unauthorized");
  }

  /** Nothing goes on. @param {string} problem of messages.js; the first is the one that is told */
  end(problem) {
    if (this.problem !== null) return;
    this.problem = problem;
    this.dispatchEvent(new Event("refused"));
  }
}
