// The server's addresses for photos and videos, and what they answer.

import { PATIENCE_MS } from "./calls.js";
import { addLook } from "./look-form.js";
import { Refusal } from "./refusal.js";
import { withRetries } from "./retry.js";
import { postForm } from "./upload.js";

const API = "/api/hair-tryOn";
const UNAUTHORIZED = 401;
/** Nobody cuts the hair. @type {Pick<import("./cut.js").Cut, "fields">} */
const UNCUT = { fields: {} };

/**
 * How something is sent; with a key it is done only once, however often it comes.
 * @typedef {{key?: string, signal?: AbortSignal,
 *   onProgress?: (sent: {bytes: number, total: number}) => void}} Sending
 */

/** Everything raises Refusal, NoAnswer, or the reason of the signal that ended it. */
export class FilesApi {
  #calls;
  #visitor;

  /**
   * @param {import("./calls.js").Calls} calls
   * @param {import("./visitor.js").Visitor} visitor whose files they are
   */
  constructor(calls, visitor) {
    this.#calls = calls;
    this.#visitor = visitor;
  }

  /**
   * @param {File} file a video
   * @param {Sending} [options]
   * @returns {Promise<string>} the upload's id
   */
  async upload(file, options = {}) {
    const form = await this.#form();
    form.append("video", file, file.name);
    return (await this.#postForJson("/upload-video", form, options)).upload_id;
  }

  /**
   * @param {string} uploadId
   * @param {import("./look.js").Look} look
   * @param {Sending & {calm?: boolean, cut?: Pick<import("./cut.js").Cut, "fields">}} [options]
   * @returns {Promise<{result_id: string, status: string, created_at: string}>}
   */
  async order(uploadId, look, { calm = false, cut = UNCUT, ...options } = {}) {
    const form = await this.#form(cut.fields);
    form.append("upload_id", uploadId);
    if (calm) form.append("stabilize", "true");
    addLook(form, look);
    return this.#postForJson("/process-video", form, options);
  }

  /**
   * @param {File} file a photo
   * @param {import("./look.js").Look} look
   * @param {Sending & {cut?: Pick<import("./cut.js").Cut, "fields">}} [options]
   * @returns {Promise<object>} see madeOf
   */
  async tryOn(file, look, { cut = UNCUT, ...options } = {}) {
    const form = await this.#form(cut.fields);
    form.append("image", file, file.name);
    addLook(form, look);
    // It needs no key: the server knows for a while what was cut of a photo, and keeps nothing else.
    return madeOf(await this.#post("/try-on", form, options));
  }

  /**
   * A live picture, in the quality of a photo. Each is another one, and if the cloud cuts it paid
   * anew, so that it is not tried again then.
   * @param {string} sessionId
   * @param {import("./cut.js").Cut} [cut]
   * @returns {Promise<object>} see madeOf
   */
  async snapshot(sessionId, cut = UNCUT) {
    const form = await this.#form(cut.fields);
    const options = { once: form.get("engine") === "cloud" };
    return madeOf(await this.#post(`/sessions/${sessionId}/snapshot`, form, options));
  }

  /**
   * Have a style drawn from words.
   * @param {string} prompt
   * @param {string} key under which it is drawn only once
   * @returns {Promise<object>} its document
   */
  async makeStyle(prompt, key) {
    const body = JSON.stringify({ user_id: await this.#visitor.userId(), prompt });
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    return (await this.#calls.ask(`${API}/styles`, { method: "POST", body, headers })).json();
  }

  /** @returns {Promise<Blob>} a JPEG */
  async styleImage(styleId) {
    const url = `${API}/styles/${styleId}/image?user_id=${await this.#user()}`;
    return (await this.#calls.ask(url)).blob();
  }

  /** @returns {Promise<object>} the result's document */
  async result(resultId) {
    return (await this.#calls.ask(await this.#result(resultId))).json();
  }

  /**
   * Addresses of a result for elements, which send no token. Caches of others may keep what is
   * signed, so the plain ones do where they can.
   * @param {object} result its document, or its item in the history
   * @returns {{video: string | null, thumbnail: string | null}}
   */
  media(result) {
    const kind = this.#calls.hasToken ? "signed_" : "";
    const [video, thumbnail] = [result[`${kind}video_url`], result[`${kind}thumbnail_url`]];
    return { video: video && this.#calls.at(video), thumbnail: thumbnail && this.#calls.at(thumbnail) };
  }

  /** Cancel it, unless it is finished by now. @returns {Promise<object>} its document */
  async cancel(resultId) {
    const url = await this.#result(resultId, "/cancel");
    return (await this.#calls.ask(url, { method: "POST" })).json();
  }

  /** Cancel what is unfinished, delete anything else. @returns its document; null if it is gone */
  async remove(resultId) {
    const answer = await this.#calls.ask(await this.#result(resultId), { method: "DELETE" });
    return answer.status === 204 ? null : answer.json();
  }

  /** @returns {Promise<{results: object[], total: number}>} the latest first */
  async history(limit, offset) {
    const url = `${API}/history/${await this.#user()}?limit=${limit}&offset=${offset}`;
    return (await this.#calls.ask(url)).json();
  }

  /** Where the server tells how far a result is: good for once. */
  async events(resultId) {
    return this.#visitor.admitted(await this.#result(resultId, "/events"));
  }

  /** Where everything that is kept of the user is to be had, as a ZIP: good for once. */
  async exported() {
    return this.#visitor.admitted(`${API}/user/${await this.#user()}/export`);
  }

  /** @returns {Promise<object>} how much there was of everything that is erased by then */
  async erase() {
    const url = `${API}/user/${await this.#user()}/data`;
    return (await this.#calls.ask(url, { method: "DELETE" })).json();
  }

  /** @returns {Promise<{notice: string | null, processing: boolean, cloud: boolean}>} what is agreed to */
  async consent() {
    return this.#askConsent({});
  }

  /**
   * @param {string} notice its version
   * @param {boolean} cloud whether pictures may leave the server, too
   * @returns {Promise<object>} what is agreed to then; as of consent
   */
  async agree(notice, cloud) {
    const body = JSON.stringify({ processing: true, cloud, notice });
    const headers = { "Content-Type": "application/json" };
    return this.#askConsent({ method: "PUT", body, headers });
  }

  /** Agree to nothing any more. @returns {Promise<object>} as of erase */
  async withdraw() {
    return (await this.#calls.ask(await this.#consent(), { method: "DELETE" })).json();
  }

  /** Somebody waits for it before anything else. */
  async #askConsent(options) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return (await this.#calls.ask(await this.#consent(), { ...options, signal })).json();
  }

  async #consent() {
    return `${API}/user/${await this.#user()}/consent`;
  }

  async #user() {
    return encodeURIComponent(await this.#visitor.userId());
  }

  async #result(resultId, part = "") {
    return `${API}/result/${resultId}${part}?user_id=${await this.#user()}`;
  }

  async #form(fields = {}) {
    const form = new FormData();
    form.append("user_id", await this.#visitor.userId());
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return form;
  }

  async #postForJson(path, form, options) {
    return JSON.parse(await (await this.#post(path, form, options)).body.text());
  }

  async #post(path, form, { signal = new AbortController().signal, once = false, ...options }) {
    const url = this.#calls.at(API + path);
    const send = async (failures) => {
      // A gateway may have sent it to another site, of which nothing is told here.
      if (failures > 0) await this.#visitor.check();
      return this.#sendShown((headers) => postForm(url, form, { ...options, signal, headers }));
    };
    try {
      return await (once ? send(0) : withRetries(send, signal));
    } catch (error) {
      if (error instanceof Refusal) this.#calls.heed(error);
      throw error;
    }
  }

  async #sendShown(post) {
    const tried = (headers) => post(headers).then((value) => ({ value }), (error) => ({ error }));
    const isRefused = ({ error }) => error instanceof Refusal && error.status === UNAUTHORIZED;
    const { value, error } = await this.#calls.shown(tried, isRefused);
    if (error) throw error;
    this.#calls.admit();
    return value;
  }
}

/**
 * What came of a picture, and who has made it.
 * @returns {{photo: Blob, advice: string[], heads: number | null, ai_model: string | null,
 *   fallback: string | null}} the last two as results have them
 */
function madeOf({ body, header }) {
  const heads = header("X-Heads");
  return {
    photo: body,
    advice: (header("X-Advice") ?? "").split(", ").filter(Boolean),
    heads: heads === null ? null : Number(heads),
    ai_model: header("X-AI-Model"),
    fallback: header("X-Fallback"),
  };
}
