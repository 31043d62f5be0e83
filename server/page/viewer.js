// The original and its result beside each other.

import { keepInStep } from "./compare.js";
import { byId, make, say } from "./dom.js";

const UNREADABLE = {
  photo: "This browser cannot show the photo. The server may know it all the same.",
  video: "This browser cannot play the original. The server may know it all the same.",
};
const LOST = {
  photo: "The result cannot be shown.",
  video: "The video cannot be loaded. It may have been deleted.",
};

/** Fills the two frames of the page; keeps the addresses of files only as long as they are shown. */
export class Viewer {
  #before = new Frame(byId("before"));
  #after = new Frame(byId("after"));
  #part = () => {};

  /** @param {"photo" | "video"} kind @param {File | null} file null where it is not here */
  showOriginal(kind, file) {
    this.clear();
    byId("pair").hidden = false;
    byId("pair").classList.toggle("single", file === null);
    this.#before.element.hidden = file === null;
    if (file !== null) this.#before.show(kind, URL.createObjectURL(file), UNREADABLE[kind]);
  }

  /**
   * @param {"photo" | "video"} kind
   * @param {string} url of the server, or of a blob, which is taken over
   * @param {string | null} poster shown until the video is there
   */
  showResult(kind, url, poster = null) {
    this.hideResult();
    const result = this.#after.show(kind, url, LOST[kind]);
    if (kind !== "video") return;
    if (poster) result.poster = poster;
    const original = this.#before.video;
    if (original) this.#part = keepInStep(result, original);
    original?.pause();
    // Who does not want things to move starts them.
    result.autoplay = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  hideResult() {
    this.#part();
    this.#part = () => {};
    this.#after.clear();
  }

  clear() {
    this.hideResult();
    this.#before.clear();
    byId("pair").hidden = true;
    byId("pair").style.removeProperty("--aspect");
  }

  /** Nothing is to be heard or moved while the tab is not shown. */
  pause() {
    this.#before.video?.pause();
    this.#after.video?.pause();
  }
}

class Frame {
  element;
  #place;
  #complaint;
  #url = null;
  #shown = null;

  constructor(element) {
    this.element = element;
    this.#place = element.querySelector(".frame");
    this.#complaint = element.querySelector(".complaint");
  }

  get video() {
    return this.#shown instanceof HTMLVideoElement ? this.#shown : null;
  }

  show(kind, url, complaint) {
    this.clear();
    this.#url = url;
    const shown = kind === "photo" ? this.#image(url) : this.#video(url);
    this.#shown = shown;
    shown.addEventListener("error", () => {
      shown.remove();
      say(this.#complaint, complaint);
    });
    this.#place.append(shown);
    return shown;
  }

  clear() {
    if (this.#url?.startsWith("blob:")) URL.revokeObjectURL(this.#url);
    this.#url = null;
    // Without this a removed video would go on loading.
    this.video?.pause();
    this.video?.removeAttribute("src");
    this.#shown?.remove();
    this.#shown = null;
    say(this.#complaint, "");
  }

  #image(src) {
    const image = make("img", { src, alt: this.#title });
    image.addEventListener("load", () => shape(image.naturalWidth, image.naturalHeight));
    return image;
  }

  #video(url) {
    // The fragment makes phones show the first picture before it is played.
    const src = `${url}#t=0.001`;
    const video = make("video", { src, controls: true, muted: true, playsInline: true, preload: "auto" });
    video.setAttribute("aria-label", this.#title);
    video.addEventListener("loadedmetadata", () => shape(video.videoWidth, video.videoHeight));
    return video;
  }

  get #title() {
    return this.element.querySelector("figcaption").textContent;
  }
}

/** Both frames have the shape of what is in them: nothing jumps when the result comes. */
function shape(width, height) {
  if (width > 0) byId("pair").style.setProperty("--aspect", String(width / height));
}
