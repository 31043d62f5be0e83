// What may go wrong with a request, as two kinds of errors.

/**
 * The server's answer is no. `retryAfterS` is null where it does not say when to come again, `limit`
 * where it is above none in time: {name, amount, within_s, again_in_s}, and `quota` where it is above
 * none of a month's: {tier, videos_per_month, left, renews_at}; `reason` is why the cloud did not do what
 * only it can do, or null.
 */
export class Refusal extends Error {
  /** @type {number} */
  status;
  /** As in the API. @type {string} */
  code;

  constructor({ status, code, message = "", retryAfterS, limit = null, quota = null, reason = null }) {
    super(message || `status ${status}`);
    Object.assign(this, { status, code, retryAfterS, limit, quota, reason });
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
  const { limit = null, quota = null, reason = null } = details ?? {};
  const why = { limit, quota, reason };
  return new Refusal({ status, code: error ?? "", message: message ?? "", retryAfterS, ...why });
}

function parsed(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}
