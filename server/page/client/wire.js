// The bytes of the subprotocol: a header of 8 bytes, big-endian, and then the picture.

export const SUBPROTOCOL = "hair-tryon.binary.v1";

const VERSION = 1;
const KIND_FRAME = 1;
const KIND_RESULT = 2;
const HEADER_BYTES = 8;
// String.fromCharCode takes its bytes as arguments, and engines limit how many there may be.
const BASE64_CHUNK_BYTES = 0x8000;

/**
 * A frame as one binary message.
 * @param {number} number 0 to 2^32 - 1; the server gives it back with the answer.
 * @param {Uint8Array} picture JPEG, PNG or WebP.
 * @returns {Uint8Array}
 */
export function encodeFrame(number, picture) {
  const message = new Uint8Array(HEADER_BYTES + picture.length);
  const header = new DataView(message.buffer);
  header.setUint8(0, VERSION);
  header.setUint8(1, KIND_FRAME);
  header.setUint32(4, number);
  message.set(picture, HEADER_BYTES);
  return message;
}

/**
 * A processed frame read from a binary message.
 * @param {ArrayBuffer} buffer
 * @returns {{number: number, processingMs: number, picture: Uint8Array}}
 * @throws {RangeError} if it is not a processed frame of this version.
 */
export function decodeResult(buffer) {
  if (buffer.byteLength <= HEADER_BYTES) throw new RangeError("message too short");
  const header = new DataView(buffer);
  if (header.getUint8(0) !== VERSION) throw new RangeError("unknown version");
  if (header.getUint8(1) !== KIND_RESULT) throw new RangeError("not a processed frame");
  return {
    number: header.getUint32(4),
    processingMs: header.getUint16(2),
    picture: new Uint8Array(buffer, HEADER_BYTES),
  };
}

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += BASE64_CHUNK_BYTES) {
    text += String.fromCharCode(...bytes.subarray(start, start + BASE64_CHUNK_BYTES));
  }
  return btoa(text);
}

/** @param {string} text bare base64 or a data: URL. */
export function fromBase64(text) {
  const bare = text.startsWith("data:") ? text.slice(text.indexOf(",") + 1) : text;
  return Uint8Array.from(atob(bare), (character) => character.charCodeAt(0));
}
