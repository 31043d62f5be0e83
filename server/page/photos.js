// Reference photos: read, scaled down and written anew as JPEG, which also drops what the camera
// wrote into the file (place, time, device).

import { toJpeg } from "./client/grabber.js";
import { toBase64 } from "./client/wire.js";

const LONGEST_SIDE_PX = 1280;
const QUALITY = 0.88;

/** The file is not a picture that this browser can read. */
export class PhotoError extends Error {}

/**
 * @param {Blob} file
 * @returns {Promise<{base64: string, blob: Blob, width: number, height: number}>} a JPEG of at
 *   most 1280 pixels on its longer side
 * @throws {PhotoError}
 */
export async function preparePhoto(file) {
  const picture = await read(file);
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  // JPEG has no transparency: without this, clear parts would turn black.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  const blob = await toJpeg(canvas, QUALITY);
  return { base64: toBase64(new Uint8Array(await blob.arrayBuffer())), blob, width, height };
}

async function read(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new PhotoError(file.name ?? "photo");
  }
}
