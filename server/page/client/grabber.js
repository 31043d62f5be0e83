// Takes one picture from the video, at the size and quality to send.

/** Takes pictures one at a time; keeps one canvas for all of them. */
export class Grabber {
  #canvas = null;
  #context = null;

  /**
   * The video's present picture, its edges cropped where its aspect is not the one asked for.
   * @param {HTMLVideoElement} video
   * @param {{width: number, height: number, quality: number}} wanted pixels; quality 0 to 1
   * @returns {Promise<{jpeg: Uint8Array, original: ImageBitmap}>} the caller closes the original
   */
  async grab(video, { width, height, quality }) {
    this.#resize(width, height);
    const crop = coverCrop(video.videoWidth, video.videoHeight, width / height);
    this.#context.drawImage(video, crop.x, crop.y, crop.width, crop.height, 0, 0, width, height);
    const [original, blob] = await Promise.all([
      createImageBitmap(this.#canvas),
      toJpeg(this.#canvas, quality),
    ]);
    return { jpeg: new Uint8Array(await blob.arrayBuffer()), original };
  }

  #resize(width, height) {
    if (this.#canvas?.width === width && this.#canvas.height === height) return;
    this.#canvas = newCanvas(width, height);
    this.#context = this.#canvas.getContext("2d", { alpha: false });
  }
}

/** The largest part of the source, centred, with the aspect asked for. */
export function coverCrop(sourceWidth, sourceHeight, aspect) {
  const width = Math.min(sourceWidth, sourceHeight * aspect);
  const height = Math.min(sourceHeight, sourceWidth / aspect);
  return { x: (sourceWidth - width) / 2, y: (sourceHeight - height) / 2, width, height };
}

/** @param {OffscreenCanvas | HTMLCanvasElement} canvas @returns {Promise<Blob>} */
export function toJpeg(canvas, quality) {
  if (canvas.convertToBlob) return canvas.convertToBlob({ type: "image/jpeg", quality });
  return new Promise((resolve, reject) => {
    const done = (blob) => (blob ? resolve(blob) : reject(new Error("the canvas gave no JPEG")));
    canvas.toBlob(done, "image/jpeg", quality);
  });
}

function newCanvas(width, height) {
  if (globalThis.OffscreenCanvas) return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}
