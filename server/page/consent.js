// What the visitor agrees to before any picture leaves the browser, where the server needs it.

import { readAbout } from "./about.js";
import { byId, make, say } from "./dom.js";
import { failureWords } from "./file-words.js";
import { NoAnswer } from "./refusal.js";

const CHANGED = 409;
const TITLES = new Map([["processing", "Changing your hair"], ["cloud", "Changing it elsewhere"]]);

export class Consent {
  #api;
  #about;
  #dialog = byId("agreement");
  // The version that is known to be agreed to, or null.
  #agreed = null;
  // The notice on show.
  #notice = null;
  // The answer that is under way, for all who ask meanwhile; null: there is none.
  #asking = null;
  #visit = new AbortController();
  // What the visitor agrees to, on its way to the server; null: nothing is.
  #agreeing = null;

  /**
   * @param {import("./files-api.js").FilesApi} api
   * @param {Promise<object | null>} about see readAbout
   */
  constructor(api, about) {
    this.#api = api;
    this.#about = about;
    byId("agree").addEventListener("click", () => this.#agree());
    byId("not-now").addEventListener("click", () => this.#dialog.close());
  }

  /** What was agreed to is withdrawn, or erased. */
  forget() {
    this.#agreed = null;
  }

  /** Whoever has asked is elsewhere: it is not given, and nobody is asked. */
  leave() {
    this.#visit.abort();
    this.#visit = new AbortController();
    this.#asking = null;
    this.#dialog.close();
  }

  /**
   * Whether pictures may be sent; who has not agreed to what is needed is asked.
   * @returns {Promise<boolean>}
   * @throws {Refusal | NoAnswer} where that cannot be found out
   */
  given() {
    return this.#once(async (left) => {
      const { required, notice } = await this.#needed();
      if (!required || notice.version === this.#agreed) return true;
      this.#agreed = (await this.#api.consent()).notice;
      return notice.version === this.#agreed || this.#ask(notice, left);
    });
  }

  /** The server does not know of it, whatever is known here: as given, but the visitor is asked. */
  givenAnew() {
    return this.#once(async (left) => {
      this.forget();
      this.#about = readAbout();
      return this.#ask((await this.#needed()).notice, left);
    });
  }

  /** One answer at a time. @param {(left: AbortSignal) => Promise<boolean>} find */
  #once(find) {
    const { signal: left } = this.#visit;
    this.#asking ??= find(left).finally(() => {
      if (!left.aborted) this.#asking = null;
    });
    return this.#asking;
  }

  /** Read again where there was no answer before. */
  async #needed() {
    let about = await this.#about;
    if (about === null) {
      this.#about = readAbout();
      about = await this.#about;
    }
    if (about === null) throw new NoAnswer("about");
    return about.consent;
  }

  async #ask(notice, left) {
    if (left.aborted) return false;
    this.#show(notice, "");
    this.#dialog.showModal();
    await new Promise((resolve) => {
      this.#dialog.addEventListener("close", resolve, { once: true });
    });
    // Who leaves after having agreed has agreed, if the server took it: its answer decides.
    await this.#agreeing;
    return this.#notice.version === this.#agreed;
  }

  #show(notice, complaint) {
    this.#notice = notice;
    byId("purposes").replaceChildren(...notice.purposes.flatMap(purposeOf));
    this.#complain(complaint);
  }

  #agree() {
    if (this.#agreeing !== null) return;
    this.#agreeing = this.#send();
    this.#agreeing.catch((error) => this.#explain(error)).finally(() => {
      this.#agreeing = null;
    });
  }

  async #send() {
    this.#complain("");
    this.#agreed = (await this.#api.agree(this.#notice.version)).notice;
    this.#dialog.close();
  }

  async #explain(error) {
    if (error.status === CHANGED) await this.#showAnew(error);
    else this.#complain(failureWords(error));
  }

  /** It was rewritten while it was read. */
  async #showAnew(error) {
    this.#about = readAbout();
    const { notice } = (await this.#about)?.consent ?? {};
    if (notice && notice.version !== this.#notice.version) {
      this.#show(notice, "This has changed since the page was loaded. Please read it again.");
      byId("agreement-title").focus();
    } else {
      this.#complain(failureWords(error));
    }
  }

  #complain(words) {
    say(byId("agreement-alert"), words);
    byId("agreement-alert").hidden = words === "";
  }
}

function purposeOf({ purpose, processor, text }) {
  const paragraphs = text.split("\n").map((words) => make("p", {}, words));
  return [make("h3", {}, `${TITLES.get(purpose) ?? purpose}, by ${processor}`), ...paragraphs];
}
