// The addresses of this visit's live session: one session, whichever way it is spoken to.

import { randomId } from "./identity.js";

const API = "/api/hair-tryOn";

/** Everything raises Refusal or NoAnswer, where it cannot be found out who is there. */
export class LiveAddresses {
  #visitor;
  #server;
  /** The session's id. */
  session = randomId();

  /** @param {import("./visitor.js").Visitor} visitor @param {URL} server */
  constructor(visitor, server) {
    this.#visitor = visitor;
    this.#server = server;
  }

  /** For one connection. @returns {Promise<string>} ws: or wss: */
  async socket() {
    const scheme = this.#server.protocol === "https:" ? "wss:" : "ws:";
    const path = `${API}/realtime/${this.session}?${await this.#user()}`;
    return this.#visitor.admitted(`${scheme}//${this.#server.host}${path}`);
  }

  /** @returns {Promise<{rtc: string, ice: string}>} where offers go, and where servers are listed */
  async call() {
    const user = await this.#user();
    return { rtc: `${API}/webrtc/${this.session}?${user}`, ice: `${API}/ice-servers?${user}` };
  }

  async #user() {
    return `user_id=${encodeURIComponent(await this.#visitor.userId())}`;
  }
}
