// What the server keeps of this browser's user: to be taken along, or erased.

import { ConfirmButton } from "./confirm-button.js";
import { byId, say } from "./dom.js";
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
    byId("export").href = api.exportUrl;
    byId("erase-place").append(this.#erase.element);
    this.#erase.addEventListener("confirmed", () => this.#confirmed());
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
