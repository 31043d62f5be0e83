// When to advise the visitor and of what: calm, though what is seen may change with every frame.
// Pure, the clock is handed in.

// What lasts no longer than this is neither told nor taken back.
export const HOLD_MS = 500;

/** The first that holds is told: who sits in the dark is not found, and light comes first. */
const ORDER = ["too_dark", "no_head", "too_far", "several_heads"];

export class Coach {
  #now;
  #shown = null;
  #seen = null;
  #sinceMs = 0;

  /** @param {() => number} now monotonic milliseconds */
  constructor(now) {
    this.#now = now;
  }

  /** @param {string[]} advice what the server advises now, in any order */
  see(advice) {
    const first = ORDER.find((name) => advice.includes(name)) ?? null;
    if (first === this.#seen) return;
    this.#settle();
    this.#seen = first;
    this.#sinceMs = this.#now();
  }

  /** The advice to show now, or null. */
  get advice() {
    this.#settle();
    return this.#shown;
  }

  /** There is no picture any more: nothing is advised, at once. */
  reset() {
    this.#shown = null;
    this.#seen = null;
  }

  #settle() {
    if (this.#now() - this.#sinceMs >= HOLD_MS) this.#shown = this.#seen;
  }
}
