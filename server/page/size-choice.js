// The picture size: automatic, or fixed by the visitor or by ?size=640x480 in the address.

import { make } from "./dom.js";

const SIZE = /^([1-9]\d{1,3})x([1-9]\d{1,3})$/;

/** @returns {{width: number, height: number} | null} in pixels; null for anything else */
export function parseSize(text) {
  const match = SIZE.exec(text);
  return match && { width: Number(match[1]), height: Number(match[2]) };
}

/**
 * @param {HTMLSelectElement} select its values are sizes, or empty for automatic
 * @param {string} search the address's query
 * @param {(size: {width: number, height: number} | null) => void} choose
 */
export function connectSizeChoice(select, search, choose) {
  select.addEventListener("change", () => choose(parseSize(select.value)));
  const text = new URLSearchParams(search).get("size") ?? "";
  const size = parseSize(text);
  if (!size) return;
  const known = [...select.options].some(({ value }) => value === text);
  if (!known) select.append(make("option", { value: text }, text.replace("x", " × ")));
  select.value = text;
  choose(size);
}
