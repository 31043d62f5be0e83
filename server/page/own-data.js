// What the server keeps of the visitor: to be taken along, or erased, with their consent or as it.

import { ConfirmButton } from "./confirm-button.js";
import { byId, make, say } from "./dom.js";
import { erasureWords, failureWords } from "./file-words.js";

const ERASURE = {
  question: "Erase everything for good, also what is live?",
  yes: "Erase everything",
  no: "Keep it",
};
const WITHDRAWAL = {
  question: "Withdraw it, and erase everything for good, also what is live?",
  yes: "Withdraw and erase",
  no: "Keep it",
};

/** Event: "erased". */
export class OwnData extends EventTarget {
  #api;

  /** @param {import("./files-api.js").FilesApi} api */
  constructor(api) {
    super();
    this.#api = api;
    byId("export").addEventListener("click", () => this.#export());
    this.#connect("erase", ERASURE, async () => erasureWords(await api.erase()));
    this.#connect("withdraw", WITHDRAWAL, async () => {
      return `Your consent is withdrawn. ${erasureWords(await api.withdraw())}`;
    });
  }

  /** It goes straight to the disk: there may be much of it. */
  async #export() {
    say(byId("own-data-words"), "");
    try {
      make("a", { href: await this.#api.exported(), download: "" }).click();
    } catch (error) {
      say(byId("own-data-words"), failureWords(error));
    }
  }

  /** @param {() => Promise<string>} erase returns what is said then */
  #connect(name, words, erase) {
    const button = new ConfirmButton(byId(name), words);
    byId(`${name}-place`).append(button.element);
    button.addEventListener("confirmed", async () => {
      await this.#erase(erase);
      button.reset({ focus: true });
    });
  }

  async #erase(erase) {
    say(byId("own-data-words"), "Erasing…");
    try {
      const words = await erase();
      this.dispatchEvent(new Event("erased"));
      say(byId("own-data-words"), words);
    } catch (error) {
      say(byId("own-data-words"), failureWords(error));
    }
  }
}
