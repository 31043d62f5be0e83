// A style photo that is drawn from the visitor's words, where there is somebody who draws.

import { byId, say } from "./dom.js";
import { failureWords } from "./file-words.js";
import { randomId } from "./client/identity.js";

const DRAWING = { byCloud: true };
const NONE = "Describe one first.";
const ASKING = "Asking the server…";
const MAKING = "It is being drawn…";
const UNDER_WAY = "One is being drawn already. Try again in a moment.";
const REFUSED = "You have not agreed. Nothing is sent.";

/** Event: "made" (detail: a JPEG). */
export class StyleWords extends EventTarget {
  #api;
  #consent;
  // Of what no answer came for, so that the same words are drawn, and paid, once.
  #last = { prompt: "", key: "" };

  /**
   * @param {import("./client/files-api.js").FilesApi} api
   * @param {import("./consent.js").Consent} consent
   * @param {Promise<object | null>} about see readAbout
   */
  constructor(api, consent, about) {
    super();
    this.#api = api;
    this.#consent = consent;
    byId("style-make").addEventListener("click", () => this.#start());
    byId("style-words").addEventListener("keydown", ({ key }) => key === "Enter" && this.#start());
    about.then((known) => {
      byId("style-words-field").hidden = !known?.cloud;
    });
  }

  async #start() {
    const button = byId("style-make");
    if (button.disabled) return;
    const prompt = byId("style-words").value.trim();
    if (prompt === "") {
      this.#tell(NONE);
      return;
    }
    button.disabled = true;
    try {
      this.#tell(await this.#make(prompt));
    } catch (error) {
      this.#tell(isUnderWay(error) ? UNDER_WAY : failureWords(error));
    } finally {
      button.disabled = false;
    }
  }

  /** @returns {Promise<string>} what is to be said then */
  async #make(prompt) {
    this.#tell(ASKING);
    if (!(await this.#consent.givenFor(DRAWING))) return REFUSED;
    this.#tell(MAKING);
    if (prompt !== this.#last.prompt) this.#last = { prompt, key: randomId() };
    const { style_id: id } = await this.#api.makeStyle(prompt, this.#last.key);
    this.#last = { prompt: "", key: "" };
    this.dispatchEvent(new CustomEvent("made", { detail: await this.#api.styleImage(id) }));
    return "";
  }

  #tell(words) {
    say(byId("style-words-said"), words);
  }
}

/** Whether it is refused since another one is under way, or this one, whose answer was lost. */
function isUnderWay({ code, limit }) {
  return code === "RATE_LIMITED" && limit === null;
}
