// The look as fields of a form, as the server takes it with a photo or a video.

import { fromBase64 } from "./wire.js";

/**
 * @param {FormData} form is added to
 * @param {import("./look.js").Look} look
 */
export function addLook(form, look) {
  form.append("look", JSON.stringify(look.values));
  if (look.stylePhoto) form.append("style_image", photo(look.stylePhoto), "style.jpg");
  if (look.colorPhoto) form.append("color_image", photo(look.colorPhoto), "color.jpg");
}

function photo(base64) {
  return new Blob([fromBase64(base64)], { type: "image/jpeg" });
}
