// Words for what is made elsewhere: what it costs, who has made it, and why they have not. Pure.

/** By the server's `X-Fallback`. */
const REASONS = {
  no_token: "this server has no account for it",
  no_consent: "you have not agreed to it, or no more",
  unsuited: "one head has to be in the picture, and the haircut one that they know",
  too_busy: "too many ask for one just now",
  breaker_open: "it has not worked a moment ago",
  budget_spent: "this month's money for it is spent",
  denied: "this server's account is not taken",
  unavailable: "they cannot be reached",
  timed_out: "it took too long",
  failed: "they gave up",
  refused: "they took the picture for an indecent one",
  bad_output: "what came back did not fit your picture",
};

/** "Replicate", of "Replicate, Inc. (replicate.com), United States". @param {string} processor */
export function shortName(processor) {
  return processor.split(",")[0];
}

/** @param {{processor: string, max_usd_per_picture: number, max_keyframes: number}} cloud */
export function offerWords({ processor, max_usd_per_picture: usd, max_keyframes: frames }) {
  return "For photos, videos and studio snapshots; what is live keeps your own cut. A picture costs "
    + `the owner of this server ${priceWords(usd)} at most, and a video, of which ${frames} frames at `
    + `most are cut, ${priceWords(frames * usd)}. The part of these pictures around your head is `
    + `sent to ${processor}, once you have agreed to that.`;
}

/** "$0.04"; as fine as it has to be. @param {number} usd */
export function priceWords(usd) {
  const cents = Math.round(usd * 100);
  return Math.abs(cents / 100 - usd) < 1e-9 ? `$${usd.toFixed(2)}` : `$${Number(usd.toFixed(6))}`;
}

/**
 * Who has made a picture; empty where nobody else was asked to.
 * @param {{ai_model: string | null, fallback: string | null}} result
 * @param {string} name of who was asked
 */
export function makerWords({ ai_model: model, fallback }, name) {
  if (fallback === null) return model === "local" || model === null ? "" : `Made by ${name}.`;
  const why = reasonWords(fallback);
  if (model === "replicate") return `Made by ${name}, but for a part of it: ${why}.`;
  return `Made here, with your own cut, and not by ${name}: ${why}.`;
}

/** @param {string} reason why it was not made elsewhere */
export function reasonWords(reason) {
  return REASONS[reason] ?? "it was not possible";
}
