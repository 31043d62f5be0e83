// What may go wrong with a request, as two kinds of errors.

/**
 * The server's answer is no. `retryAfterS` is null where it does not say when to come again, `limit`
 * where it is above none in time: {name, amount, within_s, again_in_s}.
 */
export class Refusal extends Error {
  constructor({ status, code, message, retryAfterS, limit = null }) {
    super(message || `status ${status}`);
    Object.assign(this, { status, code, retryAfterS, limit });
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
  const { error, message, details } = parsed(body);
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  const retryAfterS = Number.isNaN(seconds) ? null : Math.max(1, seconds);
  const limit = details?.limit ?? null;
  return new Refusal({ status, code: error ?? "", message: message ?? "", retryAfterS, limit });
}

function parsed(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}
