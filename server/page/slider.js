// A slider of 0 to 100 % with its figure beside it.

import { byId, say } from "./dom.js";

/** Event: "moved" (detail: 0 to 1). */
export class Slider extends EventTarget {
  #input;
  #output;

  /** @param {string} id of the range; its figure has the same with "-text" */
  constructor(id) {
    super();
    this.#input = byId(id);
    this.#output = byId(`${id}-text`);
    this.#input.addEventListener("input", () => {
      this.#show();
      this.dispatchEvent(new CustomEvent("moved", { detail: this.value }));
    });
    this.#show();
  }

  /** 0 to 1. */
  get value() {
    return Number(this.#input.value) / 100;
  }

  /** Show a value; tells nobody. */
  set value(share) {
    this.#input.value = String(Math.round(100 * share));
    this.#show();
  }

  #show() {
    say(this.#output, `${this.#input.value} %`);
    this.#input.style.setProperty("--filled", `${this.#input.value}%`);
  }
}
