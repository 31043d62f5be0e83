// Photos that the server has not answered yet, and what each of them took the place of. Pure.

/**
 * Answers come in the order of the photos, but a visitor may have chosen the next one by then.
 *
 * @typedef {{photo: string | null}} Before what there was, with the photo if it was one
 */
export class PhotoTrials {
  #trials = [];

  /** @param {string} kind @param {string} photo @param {Before} before */
  begin(kind, photo, before) {
    this.#trials.push({ kind, photo, before });
  }

  /** The server has taken the photo. */
  keep(kind, photo) {
    this.#take(kind, photo);
  }

  /**
   * The server does not take the photo.
   * @param {string | null} current the photo that is chosen now
   * @returns {Before | null} what is to be chosen again; null if something else has been since
   */
  refuse(kind, photo, current) {
    const before = this.#take(kind, photo)?.before ?? { photo: null };
    for (const later of this.#trials) {
      if (later.kind === kind && later.before.photo === photo) later.before = before;
    }
    return current === photo ? before : null;
  }

  /** Ones that were asked earlier have lost their answers with a connection. */
  #take(kind, photo) {
    const at = this.#trials.findIndex((trial) => trial.kind === kind && trial.photo === photo);
    if (at < 0) return undefined;
    const trial = this.#trials[at];
    this.#trials = this.#trials.filter((other, index) => index > at || other.kind !== kind);
    return trial;
  }
}
