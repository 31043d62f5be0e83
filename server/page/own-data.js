// What the server keeps of the visitor: to be taken along, or erased, with their consent or as it.

import { ConfirmButton } from "./confirm-button.js";
import { byId, make, say } from "./dom.js";
import { erasureWords, failureWords } from "./file-words.js";

const STAYS = "How much you have used of this month is kept until it is over.";
const ERASURE = {
  question: `Erase everything for good, also what is live? ${STAYS}`,
  yes: "Erase everything",
  no: "Keep it",
};
const WITHDRAWAL = {
  question: `Withdraw it, and erase everything for good, also what is live? ${STAYS}`,
  yes: "Withdraw and erase",
  no: "Keep it",
};

const KEPT_HERE = "Your pictures do not leave this server any more. All else stays as it was.";
const NOT_AGREED = "You have not agreed that they leave this server: they do not.";

/** Events: "erased"; "withdrawn" when pictures may leave the server no more. */
export class OwnData extends EventTarget {
  #api;

  /** @param {import("./client/files-api.js").FilesApi} api */
  constructor(api) {
    super();
    this.#api = api;
    byId("export").addEventListener("click", () => this.#export());
    byId("withdraw-cloud").addEventListener("click", () => this.#withdrawCloud());
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

  async #withdrawCloud() {
    say(byId("own-data-words"), "");
    try {
      const { notice, cloud } = await this.#api.consent();
      if (cloud) await this.#api.agree(notice, false);
      this.dispatchEvent(new Event("withdrawn"));
      say(byId("own-data-words"), cloud ? KEPT_HERE : NOT_AGREED);
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
