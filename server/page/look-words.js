// What a look is called, and how it is painted small. Pure.

/**
 * @param {import("./client/look.js").Look} look
 * @param {string | undefined} shade the title of the look's shade, if it is one
 */
export function lookName({ color, colorPhoto, stylePhoto }, shade) {
  if (colorPhoto && stylePhoto) return "Colour and style of photos";
  if (colorPhoto) return "Colour of a photo";
  const name = shade ?? color;
  if (stylePhoto) return name ? `${name}, style of a photo` : "Style of a photo";
  return name ?? "Your own hair";
}

/** What comes on top of the colour; empty if nothing does. */
export function lookExtras({ ombre, highlights, shine }) {
  const extras = [ombre && "ombre", highlights && "highlights", shine > 0 && "shine"];
  const added = extras.filter(Boolean).join(", ");
  return added && `with ${added}`;
}

/**
 * A CSS background: the colour, from roots to tips, with streaks over it; null if there is none.
 * @param {import("./client/look.js").Look} look
 * @param {string | null} color of the look as CSS has it
 */
export function lookPaint({ ombre, highlights }, color) {
  if (!color && !ombre && !highlights) return null;
  const base = color ?? "var(--line-strong)";
  const roots = ombre?.roots ?? base;
  const under = `linear-gradient(${roots}, ${ombre ? `${roots} 30%, ${ombre.tips} 75%` : base})`;
  if (!highlights) return under;
  const streaks = `${highlights.color} 0 3px, transparent 3px 9px`;
  return `repeating-linear-gradient(100deg, ${streaks}), ${under}`;
}
