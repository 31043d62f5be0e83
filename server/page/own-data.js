// What the server keeps of the visitor: to be taken along, or erased.

import { ConfirmButton } from "./confirm-button.js";
import { byId, make, say } from "./dom.js";
import { erasureWords, failureWords } from "./file-words.js";

const ERASURE = {
  question: "Erase everything for good, also what is live?",
  yes: "Erase everything",
  no: "Keep it",
};

/** Event: "erased". */
export class OwnData extends EventTarget {
  #api;
  #erase = new ConfirmButton(byId("erase"), ERASURE);

  /** @param {import("./files-api.js").FilesApi} api */
  constructor(api) {
    super();
    this.#api = api;
    byId("export").addEventListener("click", () => this.#export());
    byId("erase-place").append(this.#erase.element);
    this.#erase.addEventListener("confirmed", () => this.#confirmed());
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

  async #confirmed() {
    say(byId("own-data-words"), "Erasing…");
    try {
      const erased = await this.#api.erase();
      this.dispatchEvent(new Event("erased"));
      say(byId("own-data-words"), erasureWords(erased));
    } catch (error) {
      say(byId("own-data-words"), failureWords(error));
    }
    this.#erase.reset({ focus: true });
  }
}
