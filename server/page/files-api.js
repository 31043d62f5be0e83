// The server's addresses for photos and videos, and what they answer.

import { addLook } from "./look-form.js";
import { NoAnswer, refusalOf } from "./refusal.js";
import { withRetries } from "./retry.js";
import { postForm } from "./upload.js";

const API = "/api/hair-tryOn";

/** Everything raises Refusal, NoAnswer, or the reason of the signal that ended it. */
export class FilesApi {
  #userId;

  /** @param {string} userId whose files they are */
  constructor(userId) {
    this.#userId = userId;
  }

  /**
   * @param {File} file a video
   * @param {{key: string, signal: AbortSignal, onProgress: Function}} options
   * @returns {Promise<string>} the upload's id
   */
  async upload(file, options) {
    const form = this.#form();
    form.append("video", file, file.name);
    return (await this.#postForJson("/upload-video", form, options)).upload_id;
  }

  /**
   * @param {string} uploadId
   * @param {import("./look.js").Look} look
   * @param {{calm: boolean, key: string, signal: AbortSignal}} options
   * @returns {Promise<{result_id: string, status: string, created_at: string}>}
   */
  order(uploadId, look, { calm, ...options }) {
    const form = this.#form();
    form.append("upload_id", uploadId);
    if (calm) form.append("stabilize", "true");
    addLook(form, look);
    return this.#postForJson("/process-video", form, options);
  }

  /**
   * @param {File} file a photo
   * @param {import("./look.js").Look} look
   * @param {{signal: AbortSignal, onProgress: Function}} options
   * @returns {Promise<{photo: Blob, advice: string[], heads: number | null}>}
   */
  async tryOn(file, look, options) {
    const form = this.#form();
    form.append("image", file, file.name);
    addLook(form, look);
    // Nothing is kept of it, so that it may be sent again without a key.
    const { body, header } = await post("/try-on", form, options);
    const heads = header("X-Heads");
    const advice = (header("X-Advice") ?? "").split(", ").filter(Boolean);
    return { photo: body, advice, heads: heads === null ? null : Number(heads) };
  }

  /** @returns {Promise<object>} the result's document */
  async result(resultId) {
    return (await ask(this.#result(resultId))).json();
  }

  /** Cancel it, unless it is finished by now. @returns {Promise<object>} its document */
  async cancel(resultId) {
    return (await ask(this.#result(resultId, "/cancel"), "POST")).json();
  }

  /** Cancel what is unfinished, delete anything else. @returns its document; null if it is gone */
  async remove(resultId) {
    const answer = await ask(this.#result(resultId), "DELETE");
    return answer.status === 204 ? null : answer.json();
  }

  /** @returns {Promise<{results: object[], total: number}>} the latest first */
  async history(limit, offset) {
    const user = encodeURIComponent(this.#userId);
    return (await ask(`${API}/history/${user}?limit=${limit}&offset=${offset}`)).json();
  }

  /** Where the server tells how far a result is. */
  events(resultId) {
    return this.#result(resultId, "/events");
  }

  /** Where everything that is kept of the user is to be had, as a ZIP. */
  get exportUrl() {
    return `${this.#user}/export`;
  }

  /** @returns {Promise<object>} how much there was of everything that is erased by then */
  async erase() {
    return (await ask(`${this.#user}/data`, "DELETE")).json();
  }

  get #user() {
    return `${API}/user/${encodeURIComponent(this.#userId)}`;
  }

  #result(resultId, part = "") {
    return `${API}/result/${resultId}${part}?user_id=${encodeURIComponent(this.#userId)}`;
  }

  #form() {
    const form = new FormData();
    form.append("user_id", this.#userId);
    return form;
  }

  async #postForJson(path, form, options) {
    return JSON.parse(await (await post(path, form, options)).body.text());
  }
}

function post(path, form, options) {
  return withRetries(() => postForm(API + path, form, options), options.signal);
}

async function ask(url, method = "GET") {
  const answer = await fetch(url, { method, cache: "no-store" }).catch(() => {
    throw new NoAnswer(url);
  });
  if (answer.ok) return answer;
  throw refusalOf(answer.status, await answer.text(), answer.headers.get("Retry-After"));
}
