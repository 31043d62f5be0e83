// Which size and JPEG quality to send: down quickly when it is slow, up slowly when it is calm.

/** The rungs, cheapest first. Width and height are the box that a landscape picture must fit. */
export const RUNGS = Object.freeze([
  { width: 320, height: 240, quality: 0.6 },
  { width: 400, height: 300, quality: 0.68 },
  { width: 480, height: 360, quality: 0.74 },
  { width: 640, height: 480, quality: 0.8 },
  { width: 960, height: 720, quality: 0.82 },
  { width: 1280, height: 720, quality: 0.85 },
]);

const FIRST_RUNG = 3;
const FIXED_QUALITY = 0.82;
// Frames of the old size are still under way after a step: they must not cause the next one.
const SETTLE_MS = 1200;
const CLIMB_AFTER_MS = 5000;
const LONGEST_CLIMB_AFTER_MS = 60_000;
// A climb that is undone within this time was a mistake: wait twice as long for the next one.
const REGRET_MS = 10_000;

/**
 * The largest size inside the box with the source's own aspect, never larger than the source.
 * @param {{width: number, height: number}} source
 * @param {{width: number, height: number}} box written for landscape; turned for a portrait source
 */
export function fit(source, box) {
  const portrait = source.height > source.width;
  const boxWidth = portrait ? box.height : box.width;
  const boxHeight = portrait ? box.width : box.height;
  const scale = Math.min(1, boxWidth / source.width, boxHeight / source.height);
  return { width: even(source.width * scale), height: even(source.height * scale) };
}

// JPEG keeps colour at half size: an odd side would only be padded.
function even(length) {
  return Math.max(2, 2 * Math.round(length / 2));
}

/** The place on the ladder. Pure: the time is handed in. */
export class Ladder {
  #rung = FIRST_RUNG;
  #fixed = null;
  #settledMs = 0;
  #calmSinceMs = null;
  #climbedMs = Number.NEGATIVE_INFINITY;
  #climbAfterMs = CLIMB_AFTER_MS;

  /** @param {{width: number, height: number} | null} size null lets the ladder decide. */
  fix(size) {
    this.#fixed = size;
  }

  /** How many times smaller than its source a video track is sent: it has rungs of its own. */
  shrink(source) {
    return source.width / fit(source, this.#fixed ?? RUNGS[FIRST_RUNG]).width;
  }

  /**
   * What to send of a source of this size.
   * @returns {{width: number, height: number, quality: number}} in pixels; quality 0 to 1
   */
  picture(source) {
    if (this.#fixed) return { ...turned(this.#fixed, source), quality: FIXED_QUALITY };
    this.#rung = Math.min(this.#rung, topRung(source));
    const rung = RUNGS[this.#rung];
    return { ...fit(source, rung), quality: rung.quality };
  }

  /**
   * Look at how it goes and take a step, if it is time to.
   * @param {"slow" | "calm" | "steady"} pace
   * @param {number} nowMs
   * @param {{width: number, height: number}} source
   */
  review(pace, nowMs, source) {
    if (pace !== "calm") this.#calmSinceMs = null;
    else this.#calmSinceMs ??= nowMs;
    if (this.#fixed || nowMs < this.#settledMs) return;
    if (pace === "slow") this.#stepDown(nowMs);
    else if (this.#mayClimb(nowMs, source)) this.#stepUp(nowMs);
  }

  #mayClimb(nowMs, source) {
    const calmMs = this.#calmSinceMs === null ? 0 : nowMs - this.#calmSinceMs;
    return calmMs >= this.#climbAfterMs && this.#rung < topRung(source);
  }

  #stepDown(nowMs) {
    if (this.#rung === 0) return;
    this.#rung -= 1;
    const regretted = nowMs - this.#climbedMs < REGRET_MS;
    if (regretted) this.#climbAfterMs = Math.min(LONGEST_CLIMB_AFTER_MS, 2 * this.#climbAfterMs);
    this.#settledMs = nowMs + SETTLE_MS;
  }

  #stepUp(nowMs) {
    this.#rung += 1;
    this.#climbedMs = nowMs;
    this.#calmSinceMs = null;
    this.#settledMs = nowMs + SETTLE_MS;
  }
}

/** The lowest rung that already shows all the source has. */
function topRung(source) {
  const full = fit(source, RUNGS.at(-1));
  return RUNGS.findIndex((rung) => fit(source, rung).width >= full.width);
}

function turned(size, source) {
  if (source.height <= source.width) return { width: size.width, height: size.height };
  return { width: size.height, height: size.width };
}
