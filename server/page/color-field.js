// A colour as a picker and as text: what the one is given, the other shows.

import { make } from "./dom.js";

const HEX = /^#?([0-9a-f]{6})$/i;

/** Events: "chosen" (detail: "#rrggbb" in lower case); "refused" (detail: words). */
export class ColorField extends EventTarget {
  #picker;
  #text;

  /**
   * @param {HTMLElement} place is filled with the control
   * @param {{id: string, label: string, color: string}} words
   */
  constructor(place, { id, label, color }) {
    super();
    this.#picker = make("input", { id, type: "color", value: color });
    // The browser's own picker offers the catalogue's colours first.
    this.#picker.setAttribute("list", "shade-colors");
    this.#text = make("input", { type: "text", className: "hex", value: color, maxLength: 7 });
    Object.assign(this.#text, { spellcheck: false, autocomplete: "off", inputMode: "text" });
    this.#text.setAttribute("aria-label", `${label} as hex`);
    const fields = make("span", { className: "color-inputs" }, this.#text, this.#picker);
    place.append(make("label", { htmlFor: id }, label), fields);
    this.#picker.addEventListener("input", () => this.#choose(this.#picker.value));
    this.#text.addEventListener("input", () => this.#onText());
    this.#text.addEventListener("change", () => this.#settle());
  }

  get value() {
    return this.#picker.value;
  }

  /** Show a colour; tells nobody. */
  set value(color) {
    this.#picker.value = color;
    this.#text.value = color;
    this.#text.removeAttribute("aria-invalid");
  }

  #onText() {
    const found = HEX.exec(this.#text.value.trim());
    this.#text.removeAttribute("aria-invalid");
    if (!found) return;
    this.#picker.value = `#${found[1].toLowerCase()}`;
    this.#tell();
  }

  /** What was typed and is no colour stays, marked as such: throwing it away would surprise. */
  #settle() {
    const text = this.#text.value.trim();
    if (HEX.test(text)) {
      this.value = this.#picker.value;
      return;
    }
    this.#text.setAttribute("aria-invalid", "true");
    const detail = `“${text}” is no colour: write six digits from 0 to f, such as #8a4fbf.`;
    this.dispatchEvent(new CustomEvent("refused", { detail }));
  }

  #choose(color) {
    this.value = color;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new CustomEvent("chosen", { detail: this.#picker.value }));
  }
}
