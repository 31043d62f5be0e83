// The picture: before and after of the same moment on one canvas, with a divider between them.

import { toJpeg } from "./client/grabber.js";

const SNAPSHOT_QUALITY = 0.95;
const STEP_PERCENT = 2;
const PAGE_PERCENT = 10;
const KEY_MOVES = new Map([
  ["ArrowLeft", -STEP_PERCENT],
  ["ArrowDown", -STEP_PERCENT],
  ["ArrowRight", STEP_PERCENT],
  ["ArrowUp", STEP_PERCENT],
  ["PageDown", -PAGE_PERCENT],
  ["PageUp", PAGE_PERCENT],
  ["Home", -100],
  ["End", 100],
]);

export class Stage {
  #picture;
  #canvas;
  #context;
  #divider;
  #shown = null;
  #beforePercent = 50;
  #compares = false;
  #mirrored = false;

  /**
   * @param {HTMLElement} picture holds the canvas and the divider; its parent carries the aspect
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} divider of role slider
   */
  constructor(picture, canvas, divider) {
    this.#picture = picture;
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#divider = divider;
    divider.addEventListener("keydown", (event) => this.#onKey(event));
    picture.addEventListener("pointerdown", (event) => this.#onPointerDown(event));
    picture.addEventListener("pointermove", (event) => this.#onPointerMove(event));
    this.#moveTo(this.#beforePercent);
  }

  /** Whether there is a result on show. */
  get hasResult() {
    return this.#shown !== null;
  }

  /** Whether before and after are shown side by side. */
  get isComparing() {
    return this.#compares;
  }

  /**
   * The result on show, whole and not mirrored; as the server sent it where that was a JPEG.
   * @returns {Promise<Blob | null>} null if there is none
   */
  async resultJpeg() {
    if (this.#shown === null || this.#shown.jpeg) return this.#shown?.jpeg ?? null;
    const { width, height } = this.#shown.result;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d", { alpha: false }).drawImage(this.#shown.result, 0, 0);
    return toJpeg(canvas, SNAPSHOT_QUALITY);
  }

  /** Whether there is a before and an after to compare. */
  set compares(compares) {
    this.#compares = compares;
    this.#picture.classList.toggle("compares", compares);
    this.#draw();
  }

  set mirrored(mirrored) {
    this.#mirrored = mirrored;
    this.#picture.classList.toggle("mirrored", mirrored);
    this.#draw();
  }

  /** The shape that the picture will have, before the first result is there. */
  set aspect({ width, height }) {
    this.#picture.parentElement.style.setProperty("--aspect", String(width / height));
  }

  /**
   * Show a frame and its result; takes both bitmaps over and closes them when they are replaced.
   * @param {{number: number, original: ImageBitmap | null, result: ImageBitmap, jpeg?: Blob}} frame
   */
  show(frame) {
    this.#close();
    this.#shown = frame;
    const { width, height } = frame.result;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
    }
    this.aspect = frame.result;
    this.#picture.classList.add("has-result");
    this.#canvas.dataset.frame = String(frame.number);
    this.#draw();
  }

  clear() {
    this.#close();
    this.#shown = null;
    this.#picture.classList.remove("has-result");
    delete this.#canvas.dataset.frame;
  }

  #close() {
    this.#shown?.original?.close();
    this.#shown?.result.close();
  }

  #draw() {
    if (!this.#shown) return;
    const { width, height } = this.#canvas;
    this.#paint(this.#shown.result, 0, width);
    const edge = Math.round((width * this.#beforePercent) / 100);
    if (this.#compares && edge > 0 && this.#shown.original) this.#paint(this.#shown.original, 0, edge);
    this.#canvas.dataset.size = `${width}x${height}`;
  }

  /** Paint the picture between two columns of the screen; the mirror turns only the picture. */
  #paint(bitmap, left, right) {
    const context = this.#context;
    const { width, height } = this.#canvas;
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, height);
    context.clip();
    if (this.#mirrored) context.setTransform(-1, 0, 0, 1, width, 0);
    context.drawImage(bitmap, 0, 0, width, height);
    context.restore();
  }

  #onKey(event) {
    const move = KEY_MOVES.get(event.key);
    if (move === undefined) return;
    event.preventDefault();
    this.#moveTo(this.#beforePercent + move);
  }

  #onPointerDown(event) {
    if (!this.#compares || event.button !== 0) return;
    this.#picture.setPointerCapture(event.pointerId);
    this.#divider.focus({ preventScroll: true, focusVisible: false });
    this.#follow(event);
  }

  #onPointerMove(event) {
    if (this.#picture.hasPointerCapture(event.pointerId)) this.#follow(event);
  }

  #follow(event) {
    const box = this.#picture.getBoundingClientRect();
    this.#moveTo((100 * (event.clientX - box.left)) / box.width);
  }

  #moveTo(percent) {
    this.#beforePercent = Math.min(100, Math.max(0, percent));
    const before = Math.round(this.#beforePercent);
    this.#picture.style.setProperty("--before", `${this.#beforePercent}%`);
    this.#divider.setAttribute("aria-valuenow", String(before));
    const words = `${before} % before, ${100 - before} % after`;
    this.#divider.setAttribute("aria-valuetext", words);
    this.#draw();
  }
}
