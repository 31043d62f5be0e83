// The panel of the look: shades, own colour, intensity, effects, photos.

import { ColorField } from "./color-field.js";
import { byId, make, say } from "./dom.js";
import { Effects } from "./effects.js";
import { lookExtras, lookName, lookPaint } from "./look-words.js";
import { PhotoPicker } from "./photo-picker.js";
import { PhotoTrials } from "./photo-trials.js";
import { loadShades, shadeRows } from "./shades.js";
import { Slider } from "./slider.js";

const STYLE = { id: "style-file", title: "Style photo", prompt: "Choose or drop", iconName: "scissors" };
const COLOR = { id: "color-file", title: "Colour photo", prompt: "Choose or drop", iconName: "drop" };
const OWN = { id: "own-color", label: "Any other colour", color: "#8a4fbf" };

/**
 * Events tell what is to be sent: "values", "style", "colorphoto", "all" (something was taken
 * away); "refused" (detail: words).
 */
export class Controls extends EventTarget {
  #look;
  #shades = new Map();
  #loading = null;
  #style = new PhotoPicker(byId("style-photo"), STYLE);
  #color = new PhotoPicker(byId("color-photo"), COLOR);
  #own = new ColorField(byId("own-color-field"), OWN);
  #intensity = new Slider("intensity");
  #effects;
  #trials = new PhotoTrials();

  /** @param {import("./client/look.js").Look} look is changed by the visitor's choices */
  constructor(look) {
    super();
    this.#look = look;
    this.#effects = new Effects(look);
    byId("shades").addEventListener("change", (event) => this.#chooseColor(event.target.value));
    this.#own.addEventListener("chosen", ({ detail }) => this.#chooseOwn(detail));
    this.#intensity.addEventListener("moved", ({ detail }) => this.#setIntensity(detail));
    this.#effects.addEventListener("changed", () => this.#changed("values"));
    this.#passOnRefusals(this.#own, this.#effects, this.#style, this.#color);
    byId("original").addEventListener("click", () => this.#clear());
    this.#connectPhotos();
    this.#render();
  }

  /** Load the catalogue, if it is neither there yet nor on its way. */
  loadShades() {
    this.#loading ??= this.#fetchShades().finally(() => {
      if (this.#shades.size === 0) this.#loading = null;
    });
    return this.#loading;
  }

  async #fetchShades() {
    try {
      const shades = await loadShades();
      this.#shades = new Map(shades.map((shade) => [shade.name, shade]));
      byId("shades-wait").hidden = true;
      byId("shades").append(...shadeRows(shades));
      byId("shade-colors").append(...shades.map(({ color }) => make("option", { value: color })));
    } catch {
      say(byId("shades-wait"), "The shades could not be loaded; they come with the connection.");
    }
  }

  #connectPhotos() {
    this.#style.addEventListener("chosen", ({ detail: { photo, before } }) => {
      this.#try("style", photo, { stylePhoto: this.#look.stylePhoto }, before);
      this.#look.stylePhoto = photo.base64;
      this.#changed("style");
    });
    this.#color.addEventListener("chosen", ({ detail: { photo, before } }) => {
      const { color, colorPhoto } = this.#look;
      this.#try("color", photo, { color, colorPhoto }, before);
      this.#look.chooseColorPhoto(photo.base64);
      this.#uncheck();
      this.#changed("colorphoto");
    });
    this.#style.addEventListener("removed", () => {
      this.#look.stylePhoto = null;
      this.#changed("all");
    });
    this.#color.addEventListener("removed", () => {
      this.#look.colorPhoto = null;
      this.#changed("all");
    });
  }

  #try(kind, { base64 }, look, shown) {
    this.#trials.begin(kind, base64, { photo: shown?.base64 ?? null, look, shown });
  }

  #passOnRefusals(...parts) {
    for (const part of parts) {
      part.addEventListener("refused", ({ detail }) => {
        this.dispatchEvent(new CustomEvent("refused", { detail }));
      });
    }
  }

  /**
   * The server has refused a photo and keeps its earlier look, so that look is shown again, unless
   * the visitor has gone on meanwhile.
   * @param {"style" | "color"} kind @param {string} photo base64 @param {string} words why
   */
  refusePhoto(kind, photo, words) {
    const part = kind === "style" ? "stylePhoto" : "colorPhoto";
    const before = this.#trials.refuse(kind, photo, this.#look[part]);
    if (!before) return;
    Object.assign(this.#look, before.look ?? { [part]: null });
    (kind === "style" ? this.#style : this.#color).refuse(before.shown ?? null, words);
    const { color } = this.#look;
    for (const radio of byId("shades").querySelectorAll("input")) radio.checked = radio.value === color;
    this.#changed(this.#returned(kind, before.photo));
  }

  // A session that was begun since does not know the earlier photo.
  #returned(kind, photo) {
    if (photo === null) return "values";
    return kind === "style" ? "style" : "colorphoto";
  }

  /** Take a style photo as if it had been chosen. @param {Blob} photo */
  takeStyle(photo) {
    return this.#style.take(photo);
  }

  /** The server has taken a photo. @param {"style" | "color"} kind @param {string} photo base64 */
  keepPhoto(kind, photo) {
    this.#trials.keep(kind, photo);
  }

  #chooseColor(color) {
    this.#color.clear();
    this.#look.chooseColor(color);
    this.#changed("values");
  }

  #chooseOwn(color) {
    this.#uncheck();
    this.#chooseColor(color);
  }

  #setIntensity(share) {
    this.#look.intensity = share;
    this.#changed("values");
  }

  #clear() {
    this.#look.clear();
    this.#uncheck();
    this.#effects.clear();
    this.#style.clear();
    this.#color.clear();
    byId("intensity").focus();
    this.#changed("all");
  }

  #changed(kind) {
    this.#render();
    this.dispatchEvent(new Event(kind));
  }

  #uncheck() {
    for (const radio of byId("shades").querySelectorAll("input:checked")) radio.checked = false;
  }

  #render() {
    const shade = this.#shades.get(this.#look.color);
    byId("original").disabled = this.#look.isEmpty;
    say(byId("look-name"), lookName(this.#look, shade?.title));
    say(byId("look-extras"), lookExtras(this.#look));
    const color = shade?.color ?? this.#look.color;
    if (color !== null && color !== this.#own.value) this.#own.value = color;
    this.#renderSample(color);
  }

  #renderSample(color) {
    const sample = byId("sample");
    const photo = this.#color.url ?? (color === null ? this.#style.url : null);
    const paint = lookPaint(this.#look, color);
    sample.style.setProperty("--swatch", paint ?? "none");
    sample.style.setProperty("--photo", photo ? `url("${photo}")` : "none");
    sample.classList.toggle("empty", paint === null);
  }
}
