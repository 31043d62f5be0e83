// What may go wrong with a request, as two kinds of errors.

/** The server's answer is no. `retryAfterS` is null where it does not say when to come again. */
export class Refusal extends Error {
  constructor({ status, code, message, retryAfterS }) {
    super(message || `status ${status}`);
    Object.assign(this, { status, code, retryAfterS });
  }
}

/** There is no answer: nobody knows whether the request arrived. */
export class NoAnswer extends Error {}

/**
 * @param {number} status
 * @param {string} body the server's JSON, or what something between here and there wrote
 * @param {string | null} retryAfter the header
 */
export function refusalOf(status, body, retryAfter) {
  const { error, message } = parsed(body);
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  const retryAfterS = Number.isNaN(seconds) ? null : Math.max(1, seconds);
  return new Refusal({ status, code: error ?? "", message: message ?? "", retryAfterS });
}

function parsed(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}
