// What the visitor agrees to before any picture leaves the browser, where the server needs it.

import { readAbout } from "./about.js";
import { byId, make, say } from "./dom.js";
import { failureWords } from "./file-words.js";

const AGREED = "agreed";
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
  #asking = null;

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

  /** Whether pictures may be sent; who has not agreed to what is needed is asked. */
  async given() {
    const { required, notice } = (await this.#about)?.consent ?? {};
    if (!required || notice.version === this.#agreed) return true;
    try {
      this.#agreed = (await this.#api.consent()).notice;
    } catch {
      // What is the matter is told by whatever is sent next; without consent it is not taken.
      return true;
    }
    return notice.version === this.#agreed || this.#askOnce(notice);
  }

  /** The server does not know of it, whatever is known here: the visitor is asked. */
  async givenAnew() {
    this.forget();
    this.#about = readAbout();
    const about = await this.#about;
    return about !== null && this.#askOnce(about.consent.notice);
  }

  #askOnce(notice) {
    this.#asking ??= this.#ask(notice).finally(() => { this.#asking = null; });
    return this.#asking;
  }

  async #ask(notice) {
    this.#show(notice, "");
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
    await new Promise((resolve) => {
      this.#dialog.addEventListener("close", resolve, { once: true });
    });
    return this.#dialog.returnValue === AGREED;
  }

  #show(notice, complaint) {
    this.#notice = notice;
    byId("purposes").replaceChildren(...notice.purposes.flatMap(purposeOf));
    this.#complain(complaint);
  }

  async #agree() {
    this.#complain("");
    try {
      this.#agreed = (await this.#api.agree(this.#notice.version)).notice;
      this.#dialog.close(AGREED);
    } catch (error) {
      if (error.status === CHANGED) await this.#showAnew(error);
      else this.#complain(failureWords(error));
    }
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
