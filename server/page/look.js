// The look that the visitor has chosen, and the messages that bring a session to it. Pure.

/** The browser's own record of the look: a connection that comes back is given it again. */
export class Look {
  /** "#rrggbb", a shade's name, or null. */
  color = null;
  /** 0 to 1. */
  intensity = 1;
  /** Photos are base64 text, or null. */
  stylePhoto = null;
  colorPhoto = null;

  get isEmpty() {
    return this.color === null && this.stylePhoto === null && this.colorPhoto === null;
  }

  /** A colour takes the place of a colour photo, as it does on the server. */
  chooseColor(color) {
    this.color = color;
    this.colorPhoto = null;
  }

  chooseColorPhoto(photo) {
    this.colorPhoto = photo;
    this.color = null;
  }

  clear() {
    this.color = null;
    this.stylePhoto = null;
    this.colorPhoto = null;
  }

  /** The message for colour and strength alone; null if there is nothing to colour. */
  valuesMessage() {
    if (this.isEmpty) return null;
    const look = { intensity: this.intensity };
    if (this.color !== null) look.color = this.color;
    return { type: "set_look", data: { look } };
  }

  styleMessage() {
    return this.stylePhoto && { type: "set_style_image", data: { image_data: this.stylePhoto } };
  }

  colorPhotoMessage() {
    return this.colorPhoto && { type: "set_color_image", data: { image_data: this.colorPhoto } };
  }

  /** All messages that bring a session in any state to this look, in order. */
  messages() {
    const parts = [this.valuesMessage(), this.styleMessage(), this.colorPhotoMessage()];
    return [{ type: "clear_look" }, ...parts.filter((message) => message !== null)];
  }
}
