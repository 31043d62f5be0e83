// Who cuts the hair: nobody, or a model in the cloud. Pure.

export class Cut {
  byCloud = false;
  /** Its name, or null: that of the style photo. */
  haircut = null;

  /** Whether there is something that a model could do with this look. */
  isComplete({ stylePhoto }) {
    return this.haircut !== null || stylePhoto !== null;
  }

  /** As fields of a form. */
  get fields() {
    if (!this.byCloud) return {};
    return { engine: "cloud", ...(this.haircut && { haircut: this.haircut }) };
  }

  /** This as it is now: what is chosen later does not change the copy. */
  copy() {
    return Object.assign(new Cut(), this);
  }

  /** Whether both come out the same. */
  equals({ fields }) {
    return JSON.stringify(this.fields) === JSON.stringify(fields);
  }
}
