// Sends a form and tells how much of it has gone: fetch cannot tell that, XMLHttpRequest can.

import { NoAnswer, Refusal, refusalOf } from "./refusal.js";

/**
 * @param {string} url
 * @param {FormData} form
 * @param {object} options
 * @param {AbortSignal} options.signal
 * @param {Record<string, string>} options.headers
 * @param {string} [options.key] under which the server does it only once
 * @param {(sent: {bytes: number, total: number}) => void} [options.onProgress]
 * @returns {Promise<{body: Blob, header: (name: string) => string | null}>}
 * @throws {Refusal | NoAnswer | DOMException} the last when it is aborted
 */
export function postForm(url, form, { signal, headers, key, onProgress }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("POST", url);
    request.responseType = "blob";
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (key) request.setRequestHeader("Idempotency-Key", key);
    const listenTo = (name, then) => request.addEventListener(name, then);
    listenTo("load", () => settle(request, url).then(resolve, reject));
    listenTo("error", () => reject(new NoAnswer(url)));
    listenTo("abort", () => reject(signal.reason));
    listenTo("loadend", () => signal.removeEventListener("abort", abort));
    if (onProgress) watchSending(request.upload, onProgress);
    signal.addEventListener("abort", abort);
    request.send(form);
  });
}

function watchSending(sending, onProgress) {
  const tell = ({ loaded: bytes, total }) => onProgress({ bytes, total });
  // "load" says that all has gone; the last "progress" may have been a little earlier.
  for (const name of ["progress", "load"]) sending.addEventListener(name, tell);
}

async function settle(request, url) {
  const { status, response } = request;
  const header = (name) => request.getResponseHeader(name);
  if (isOfSignIn(request, url)) throw new Refusal({ status: 401, code: "UNAUTHORIZED", retryAfterS: null });
  if (status >= 200 && status < 300) return { body: response, header };
  throw refusalOf(status, await response.text(), header("Retry-After"));
}

/** Whether a gateway has answered in the server's place: it has sent the visitor elsewhere, which
 * cannot be forbidden here, or shows a page of its own. */
function isOfSignIn({ responseURL, response, status }, url) {
  const isPage = status >= 200 && status < 300 && response.type.startsWith("text/html");
  return responseURL !== new URL(url, location.href).href || isPage;
}
