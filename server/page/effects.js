// What goes beyond one colour: shine, ombre, highlights.

import { ColorField } from "./color-field.js";
import { byId } from "./dom.js";
import { Slider } from "./slider.js";

/** Events: "changed" when the look was changed here; "refused" (detail: words). */
export class Effects extends EventTarget {
  #look;
  #shine = new Slider("shine");
  #tips = new ColorField(byId("ombre-tips-field"), { id: "ombre-tips", label: "Tips", color: "#d2a964" });
  #roots = new ColorField(byId("ombre-roots-field"), { id: "ombre-roots", label: "Roots", color: "#2f211b" });
  #position = new Slider("ombre-position");
  #softness = new Slider("ombre-softness");
  #streaks = new ColorField(byId("highlights-color-field"), { id: "highlights-color", label: "Colour", color: "#e3d8c3" });
  #amount = new Slider("highlights-amount");

  /** @param {import("./client/look.js").Look} look is changed by the visitor's choices */
  constructor(look) {
    super();
    this.#look = look;
    const sliders = [this.#shine, this.#position, this.#softness, this.#amount];
    for (const slider of sliders) slider.addEventListener("moved", () => this.#take());
    const colors = [this.#tips, this.#roots, this.#streaks];
    for (const color of colors) {
      color.addEventListener("chosen", () => this.#take());
      color.addEventListener("refused", ({ detail }) => {
        this.dispatchEvent(new CustomEvent("refused", { detail }));
      });
    }
    for (const id of ["ombre-on", "ombre-own-roots", "highlights-on"]) {
      byId(id).addEventListener("change", () => this.#take());
    }
    this.#unfold();
  }

  /** Show no effect; tells nobody. The settings of each stay for the next time. */
  clear() {
    this.#shine.value = 0;
    byId("ombre-on").checked = false;
    byId("highlights-on").checked = false;
    this.#unfold();
  }

  #take() {
    this.#unfold();
    this.#look.shine = this.#shine.value;
    this.#look.ombre = byId("ombre-on").checked ? this.#ombre() : null;
    this.#look.highlights = byId("highlights-on").checked ? this.#highlights() : null;
    this.dispatchEvent(new Event("changed"));
  }

  #ombre() {
    const roots = byId("ombre-own-roots").checked ? null : this.#roots.value;
    const [position, softness] = [this.#position.value, this.#softness.value];
    return { tips: this.#tips.value, roots, position, softness };
  }

  #highlights() {
    return { color: this.#streaks.value, amount: this.#amount.value };
  }

  #unfold() {
    byId("ombre-settings").hidden = !byId("ombre-on").checked;
    byId("highlights-settings").hidden = !byId("highlights-on").checked;
    byId("ombre-roots-field").hidden = byId("ombre-own-roots").checked;
  }
}
