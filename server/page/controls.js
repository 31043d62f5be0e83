// The panel of the look: shades, own colour, intensity, photos.

import { byId, say } from "./dom.js";
import { PhotoPicker } from "./photo-picker.js";
import { loadShades, shadeRows } from "./shades.js";

const STYLE = { id: "style-file", title: "Style photo", prompt: "Choose or drop", iconName: "scissors" };
const COLOR = { id: "color-file", title: "Colour photo", prompt: "Choose or drop", iconName: "drop" };

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

  /** @param {import("./look.js").Look} look is changed by the visitor's choices */
  constructor(look) {
    super();
    this.#look = look;
    byId("shades").addEventListener("change", (event) => this.#chooseColor(event.target.value));
    byId("own-color").addEventListener("input", (event) => this.#chooseOwn(event.target.value));
    byId("intensity").addEventListener("input", (event) => this.#setIntensity(event.target.value));
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
    } catch {
      say(byId("shades-wait"), "The shades could not be loaded; they come with the connection.");
    }
  }

  #connectPhotos() {
    this.#style.addEventListener("chosen", ({ detail }) => {
      this.#look.stylePhoto = detail;
      this.#changed("style");
    });
    this.#color.addEventListener("chosen", ({ detail }) => {
      this.#look.chooseColorPhoto(detail);
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
    for (const picker of [this.#style, this.#color]) {
      picker.addEventListener("refused", ({ detail }) => {
        this.dispatchEvent(new CustomEvent("refused", { detail }));
      });
    }
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

  #setIntensity(percent) {
    this.#look.intensity = Number(percent) / 100;
    this.#changed("values");
  }

  #clear() {
    this.#look.clear();
    this.#uncheck();
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
    const { color, intensity, isEmpty } = this.#look;
    const shade = this.#shades.get(color);
    const percent = Math.round(100 * intensity);
    say(byId("intensity-text"), `${percent} %`);
    byId("intensity").style.setProperty("--filled", `${percent}%`);
    byId("original").disabled = isEmpty;
    say(byId("look-name"), this.#name(shade));
    this.#renderSample(shade?.color ?? color);
  }

  #renderSample(color) {
    const sample = byId("sample");
    const photo = this.#color.url ?? (color === null ? this.#style.url : null);
    sample.style.setProperty("--swatch", color ?? "transparent");
    sample.style.setProperty("--photo", photo ? `url("${photo}")` : "none");
    sample.classList.toggle("empty", color === null);
  }

  #name(shade) {
    const { color, colorPhoto, stylePhoto } = this.#look;
    if (colorPhoto && stylePhoto) return "Colour and style of photos";
    if (colorPhoto) return "Colour of a photo";
    const name = shade?.title ?? color;
    if (stylePhoto) return name ? `${name}, style of a photo` : "Style of a photo";
    return name ?? "Your own hair";
  }
}
