// The look that the visitor has chosen, and the messages that bring a session to it. Pure.

const CLEAR = { type: "clear_look" };

/** The browser's own record of the look: a connection that comes back is given it again. */
export class Look {
  /** "#rrggbb", a shade's name, or null. */
  color = null;
  /** 0 to 1. */
  intensity = 1;
  /** 0 (as the hair is) to 1. */
  shine = 0;
  /** {tips, roots: "#rrggbb" or null, position, softness}, or null. */
  ombre = null;
  /** {color, amount}, or null. */
  highlights = null;
  /** Photos are base64 text, or null. */
  stylePhoto = null;
  colorPhoto = null;

  /** @param {Partial<Look>} [parts] */
  constructor(parts = {}) {
    Object.assign(this, parts);
  }

  get isEmpty() {
    const parts = [this.color, this.ombre, this.highlights, this.stylePhoto, this.colorPhoto];
    return this.shine === 0 && parts.every((part) => part === null);
  }

  /**
   * Put on what is named. A colour and a colour photo take each other's place, as on the server.
   * @param {Partial<Look>} parts
   */
  put(parts) {
    Object.assign(this, parts);
    if (parts.colorPhoto) this.color = null;
    else if (parts.color) this.colorPhoto = null;
  }

  chooseColor(color) {
    this.color = color;
    this.colorPhoto = null;
  }

  chooseColorPhoto(photo) {
    this.colorPhoto = photo;
    this.color = null;
  }

  clear() {
    Object.assign(this, { color: null, shine: 0, ombre: null, highlights: null });
    Object.assign(this, { stylePhoto: null, colorPhoto: null });
  }

  /** All but the photos, as the server takes it. */
  get values() {
    const { color, intensity, shine, ombre, highlights } = this;
    return { color, intensity, shine, ombre, highlights };
  }

  /** This look as it is now: what is chosen later does not change the copy. */
  copy() {
    return new Look(this);
  }

  /** Whether both come out the same. */
  equals({ values, stylePhoto, colorPhoto }) {
    if (this.stylePhoto !== stylePhoto || this.colorPhoto !== colorPhoto) return false;
    return JSON.stringify(this.values) === JSON.stringify(values);
  }

  /** The message for all but the photos. */
  valuesMessage() {
    return this.isEmpty ? CLEAR : { type: "set_look", data: { look: this.values } };
  }

  styleMessage() {
    return this.stylePhoto && { type: "set_style_image", data: { image_data: this.stylePhoto } };
  }

  colorPhotoMessage() {
    return this.colorPhoto && { type: "set_color_image", data: { image_data: this.colorPhoto } };
  }

  /** All messages that bring a session in any state to this look, in order. */
  messages() {
    if (this.isEmpty) return [CLEAR];
    const photos = [this.styleMessage(), this.colorPhotoMessage()];
    return [CLEAR, this.valuesMessage(), ...photos.filter((message) => message !== null)];
  }
}
