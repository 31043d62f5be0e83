// The choice of who cuts the hair, where there is one: the server may have nobody to ask.

import { offerWords, shortName } from "./cloud-words.js";
import { byId, make, say } from "./dom.js";

const OF_PHOTO = "That of your style photo";
const NONE = "Choose one";

/** Event: "changed". */
export class CutChoice extends EventTarget {
  /** What who cuts is called; empty where nobody does. */
  name = "";
  #cut;
  #look;

  /**
   * @param {import("./client/cut.js").Cut} cut is changed by the visitor's choices
   * @param {import("./client/look.js").Look} look
   * @param {Promise<object | null>} about see readAbout
   */
  constructor(cut, look, about) {
    super();
    this.#cut = cut;
    this.#look = look;
    byId("cut").addEventListener("change", () => this.#choose());
    about.then((known) => known?.cloud && this.#offer(known.cloud));
  }

  /** The look was changed: it may have a style photo, or none any more. */
  onLook() {
    const [first] = byId("haircut").options;
    if (first) say(first, this.#look.stylePhoto === null ? NONE : OF_PHOTO);
  }

  #offer(cloud) {
    this.name = shortName(cloud.processor);
    const names = cloud.haircuts.map((name) => make("option", { value: name }, name));
    byId("haircut").append(make("option", { value: "" }), ...names);
    say(byId("cut-name"), this.name);
    say(byId("cut-words"), offerWords(cloud));
    byId("cut").hidden = false;
    byId("studio").hidden = false;
    this.onLook();
  }

  #choose() {
    this.#cut.byCloud = byId("cut-cloud").checked;
    this.#cut.haircut = byId("haircut").value || null;
    byId("haircut-field").hidden = !this.#cut.byCloud;
    byId("cut-words").hidden = !this.#cut.byCloud;
    this.dispatchEvent(new Event("changed"));
  }
}
