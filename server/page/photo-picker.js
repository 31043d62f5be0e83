// One reference photo: chosen or dropped, shown small, removed again.

import { icon, make } from "./dom.js";
import { PhotoError, preparePhoto } from "./photos.js";

/**
 * Events: "chosen" (detail: {photo, before}, as preparePhoto gives them, `before` or null),
 * "removed", "refused" (detail: words: no picture).
 */
export class PhotoPicker extends EventTarget {
  #input = make("input", { type: "file", accept: "image/*", className: "visually-hidden" });
  #thumbnail = make("span", { className: "thumbnail" });
  #text = make("span", { className: "small" });
  #remove = make("button", { type: "button", className: "plain", hidden: true });
  #complaint = make("p", { className: "complaint", hidden: true });
  #shown = null;
  #url = null;
  #prompt;
  #title;

  /**
   * @param {HTMLElement} place is filled with the control
   * @param {{id: string, title: string, prompt: string, iconName: string}} words
   */
  constructor(place, { id, title, prompt, iconName }) {
    super();
    this.#prompt = prompt;
    this.#title = title;
    this.#input.id = id;
    this.#text.textContent = prompt;
    this.#thumbnail.append(icon(iconName));
    this.#remove.append(icon("close"));
    this.#remove.setAttribute("aria-label", `Remove the ${title.toLowerCase()}`);
    const words = make("span", { className: "words" }, make("b", {}, title), this.#text);
    this.#complaint.setAttribute("role", "alert");
    place.append(make("label", {}, this.#input, this.#thumbnail, words), this.#remove);
    place.append(this.#complaint);
    this.#input.addEventListener("change", () => this.#take(this.#input.files[0]));
    this.#remove.addEventListener("click", () => this.#onRemove());
    place.addEventListener("drop", (event) => this.#onDrop(event));
  }

  /** The address of the photo on show, or null. */
  get url() {
    return this.#url;
  }

  /** Take a picture as if it had been chosen. @param {Blob} file */
  take(file) {
    return this.#take(file);
  }

  /** Show no photo; tells nobody. */
  clear() {
    this.#complain("");
    this.#hide();
  }

  /** The server does not take the photo on show: show the one before it, or none, and why. */
  refuse(before, words) {
    this.#hide();
    if (before) this.#show(before);
    this.#complain(words);
  }

  #complain(words) {
    this.#complaint.hidden = words === "";
    this.#complaint.textContent = words;
  }

  #hide() {
    this.#shown = null;
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
    this.#thumbnail.querySelector("img")?.remove();
    this.#text.textContent = this.#prompt;
    this.#remove.hidden = true;
  }

  #onRemove() {
    this.clear();
    this.#input.focus();
    this.dispatchEvent(new Event("removed"));
  }

  #onDrop(event) {
    event.preventDefault();
    this.#take(event.dataTransfer.files[0]);
  }

  async #take(file) {
    // Without this, choosing the same file once more would not be noticed.
    this.#input.value = "";
    if (!file) return;
    try {
      const photo = await preparePhoto(file);
      const before = this.#shown;
      this.clear();
      this.#show(photo);
      this.dispatchEvent(new CustomEvent("chosen", { detail: { photo, before } }));
    } catch (error) {
      if (!(error instanceof PhotoError)) throw error;
      const detail = `${this.#title}: this file is not a picture that the browser can read.`;
      this.#complain(detail);
      this.dispatchEvent(new CustomEvent("refused", { detail }));
    }
  }

  #show(photo) {
    const { blob, width, height } = photo;
    this.#hide();
    this.#shown = photo;
    this.#url = URL.createObjectURL(blob);
    this.#thumbnail.append(make("img", { src: this.#url, alt: "" }));
    this.#text.textContent = `${width} × ${height}, choose another`;
    this.#remove.hidden = false;
  }
}
