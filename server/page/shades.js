// The shades: one radio group, in rows by family; the browser itself gives it the arrow keys.

import { make } from "./dom.js";

const PLACE = "/api/hair-tryOn/shades";

/** @returns {Promise<{name: string, title: string, family: string, color: string}[]>} */
export async function loadShades() {
  const response = await fetch(PLACE);
  if (!response.ok) throw new Error(`${PLACE}: ${response.status}`);
  return (await response.json()).shades;
}

/** @returns {HTMLElement[]} one row for each family, in the catalogue's order */
export function shadeRows(shades) {
  const families = new Map();
  for (const shade of shades) {
    families.set(shade.family, [...(families.get(shade.family) ?? []), shade]);
  }
  return [...families].map(([family, members]) => familyRow(family, members));
}

function familyRow(family, members) {
  const title = family.charAt(0).toUpperCase() + family.slice(1);
  const row = make("div", { className: "family" });
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", title);
  const swatches = make("div", { className: "swatches" }, ...members.map(swatch));
  row.append(make("span", { className: "small", ariaHidden: "true" }, title), swatches);
  return row;
}

function swatch({ name, title, color }) {
  const radio = make("input", { type: "radio", name: "shade", value: name });
  radio.setAttribute("aria-label", title);
  const label = make("label", { className: "swatch", title }, radio, make("span"));
  label.style.setProperty("--swatch", color);
  return label;
}
