// What the visitor agrees to before any picture leaves the browser, where the server needs it.

import { readAbout } from "./about.js";
import { byId, make, say } from "./dom.js";
import { failureWords } from "./file-words.js";
import { NoAnswer } from "./client/refusal.js";

const CHANGED = 409;
const PROCESSING = "processing";
const CLOUD = "cloud";
const TITLES = new Map([[PROCESSING, "Changing your hair"], [CLOUD, "Changing it elsewhere"]]);
const QUESTIONS = new Map([
  [PROCESSING, "Do you agree to what is done with your pictures?"],
  [CLOUD, "Do you agree that pictures of you leave this server?"],
]);
/** Nothing is agreed to, as far as it is known. */
const NOTHING = { notice: null, processing: false, cloud: false };

export class Consent {
  #api;
  #about;
  #dialog = byId("agreement");
  // What is known to be agreed to, and to which version of the notice.
  #agreed = NOTHING;
  // The notice on show, and the purpose of it that is asked about.
  #notice = null;
  #purpose = PROCESSING;
  // The answers that are under way, by purpose, for all who ask meanwhile.
  #asking = new Map();
  #visit = new AbortController();
  // What the visitor agrees to, on its way to the server; null: nothing is.
  #agreeing = null;

  /**
   * @param {import("./client/files-api.js").FilesApi} api
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
    this.#agreed = NOTHING;
  }

  /** What the server knows may be less than what is known here. @param {{fallback: string | null}} result */
  heed({ fallback }) {
    if (fallback === "no_consent") this.forget();
  }

  /** Whoever has asked is elsewhere: it is not given, and nobody is asked. */
  leave() {
    this.#visit.abort();
    this.#visit = new AbortController();
    this.#asking.clear();
    this.#dialog.close();
  }

  /**
   * Whether pictures may be sent; who has not agreed to what is needed is asked.
   * @returns {Promise<boolean>}
   * @throws {Refusal | NoAnswer} where that cannot be found out
   */
  given() {
    return this.#once(PROCESSING, async (left) => {
      const { required, notice } = await this.#needed();
      return !required || this.#isGiven(notice, PROCESSING, left);
    });
  }

  /** As given, and besides for who cuts the hair. @param {import("./client/cut.js").Cut} cut */
  async givenFor({ byCloud }) {
    const { signal: left } = this.#visit;
    if (!(await this.given()) || left.aborted) return false;
    if (!byCloud) return true;
    return this.#once(CLOUD, async () => this.#isGiven((await this.#needed()).notice, CLOUD, left));
  }

  /** The server does not know of it, whatever is known here: as given, but the visitor is asked. */
  givenAnew() {
    return this.#once(PROCESSING, async (left) => {
      this.forget();
      this.#about = readAbout();
      return this.#ask((await this.#needed()).notice, PROCESSING, left);
    });
  }

  /** One answer at a time. @param {(left: AbortSignal) => Promise<boolean>} find */
  #once(purpose, find) {
    const { signal: left } = this.#visit;
    if (!this.#asking.has(purpose)) {
      const ended = () => left.aborted || this.#asking.delete(purpose);
      this.#asking.set(purpose, find(left).finally(ended));
    }
    return this.#asking.get(purpose);
  }

  /** The server is asked for what is not known here, and then the visitor. */
  async #isGiven(notice, purpose, left) {
    if (this.#knows(notice, purpose)) return true;
    this.#agreed = await this.#api.consent();
    return this.#knows(notice, purpose) || this.#ask(notice, purpose, left);
  }

  #knows({ version }, purpose) {
    return this.#agreed.notice === version && this.#agreed[purpose];
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

  async #ask(notice, purpose, left) {
    if (left.aborted) return false;
    this.#purpose = purpose;
    this.#show(notice, "");
    this.#dialog.showModal();
    await new Promise((resolve) => {
      this.#dialog.addEventListener("close", resolve, { once: true });
    });
    // Who leaves after having agreed has agreed, if the server took it: its answer decides.
    await this.#agreeing;
    return this.#knows(this.#notice, purpose);
  }

  #show(notice, complaint) {
    this.#notice = notice;
    const asked = notice.purposes.filter(({ purpose }) => purpose === this.#purpose);
    say(byId("agreement-title"), QUESTIONS.get(this.#purpose));
    byId("purposes").replaceChildren(...asked.flatMap(purposeOf));
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
    const cloud = this.#purpose === CLOUD || this.#knows(this.#notice, CLOUD);
    this.#agreed = await this.#api.agree(this.#notice.version, cloud);
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
