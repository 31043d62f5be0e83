// Random ids; one of them is this browser's, and its user's where nobody is asked who they are.

const USER_KEY = "hair-tryon.user-id";

/** A random UUID (version 4), also where crypto.randomUUID is not offered (plain http). */
export function randomId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** This browser's random id: kept where storage is allowed, new for each visit where it is not. */
export function browserId() {
  try {
    const known = localStorage.getItem(USER_KEY);
    if (known) return known;
    const fresh = randomId();
    localStorage.setItem(USER_KEY, fresh);
    return fresh;
  } catch {
    return randomId();
  }
}
