// A live picture in the quality of a photo, made by the server while the picture goes on.

import { makerWords } from "./cloud-words.js";
import { byId } from "./dom.js";
import { failureWords, photoWords } from "./file-words.js";
import { saveSnapshot } from "./snapshot.js";

const REFUSED = "You have not agreed. Nothing more is sent.";
const NOTHING = "Choose a shade or a haircut first.";

export class StudioSnapshot {
  #parts;
  #isMaking = false;

  /** @param {object} parts {api, consent, look, cut, choice, session, tell} */
  constructor(parts) {
    this.#parts = parts;
    byId("studio").addEventListener("click", () => this.#take());
  }

  async #take() {
    const { look, cut, tell } = this.#parts;
    if (this.#isMaking) return;
    if (cut.byCloud ? !cut.isComplete(look) : look.isEmpty) {
      tell(NOTHING);
      return;
    }
    this.#isMaking = true;
    try {
      tell(await this.#make(look.copy(), cut.copy()));
    } catch (error) {
      tell(failureWords(error));
    } finally {
      this.#isMaking = false;
    }
  }

  /** @returns {Promise<string>} what is to be said of it */
  async #make(look, cut) {
    const { api, consent, choice, session, tell } = this.#parts;
    tell("Asking the server…");
    if (!(await consent.givenFor(cut))) return REFUSED;
    tell("Making a snapshot in studio quality…");
    const result = await api.snapshot(session, cut);
    consent.heed(result);
    const name = saveSnapshot(result.photo, look);
    return [`Saved ${name}.`, makerWords(result, choice.name), photoWords(result)].filter(Boolean).join(" ");
  }
}
