// A button that asks once more, in its place, before it does what cannot be undone.

import { make } from "./dom.js";

/** Event: "confirmed". */
export class ConfirmButton extends EventTarget {
  /** Holds the button, or the question in its place. */
  element = make("span", { className: "confirm" });
  #button;
  #words = make("span", { className: "question" });
  #yes = make("button", { type: "button", className: "bad" });
  #no = make("button", { type: "button" });
  #isConfirmed = false;

  /** @param {HTMLButtonElement} button @param {{question: string, yes: string, no: string}} words */
  constructor(button, words) {
    super();
    this.#button = button;
    this.words = words;
    this.element.setAttribute("role", "group");
    this.element.append(button);
    button.addEventListener("click", () => this.#ask());
    this.#no.addEventListener("click", () => this.reset({ focus: true }));
    this.#yes.addEventListener("click", () => this.#confirm());
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#isAsking) this.reset({ focus: true });
    });
  }

  set words({ question, yes, no }) {
    this.#words.textContent = question;
    this.#yes.textContent = yes;
    this.#no.textContent = no;
    this.element.setAttribute("aria-label", question);
  }

  get #isAsking() {
    return this.#yes.isConnected;
  }

  /** Show the button again. */
  reset({ focus = false } = {}) {
    if (!this.#isAsking) return;
    this.element.classList.remove("asking");
    this.element.replaceChildren(this.#button);
    if (focus) this.#button.focus();
  }

  #ask() {
    this.#isConfirmed = false;
    this.element.classList.add("asking");
    this.element.replaceChildren(this.#words, this.#no, this.#yes);
    // What changes nothing has the focus: a second Enter, or a double click, does no harm.
    this.#no.focus();
  }

  #confirm() {
    // Not disabled: a browser would take the focus from it, and nobody could hand it on.
    if (this.#isConfirmed) return;
    this.#isConfirmed = true;
    this.dispatchEvent(new Event("confirmed"));
  }
}
