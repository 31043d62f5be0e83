// What a chosen file is, as far as its name and type tell. Pure.

const BY_ENDING = new Map([
  ["jpg", "photo"], ["jpeg", "photo"], ["png", "photo"], ["webp", "photo"],
  ["mp4", "video"], ["m4v", "video"], ["mov", "video"], ["avi", "video"], ["webm", "video"],
]);

/**
 * @param {{name: string, type: string}} file some systems do not know the types of all videos
 * @returns {"photo" | "video" | null}
 */
export function kindOf({ name, type }) {
  if (type.startsWith("image/")) return "photo";
  if (type.startsWith("video/")) return "video";
  return BY_ENDING.get(name.split(".").at(-1).toLowerCase()) ?? null;
}
