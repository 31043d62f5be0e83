// Who is connecting: a session for this visit, a user for this browser.

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
export function userId() {
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

/**
 * The addresses of this visit's live session on the server that the page came from: one session,
 * whichever way it is spoken to.
 * @returns {{socket: string, rtc: string, ice: string}}
 */
export function liveUrls(place) {
  const scheme = place.protocol === "https:" ? "wss:" : "ws:";
  const user = `user_id=${encodeURIComponent(userId())}`;
  const session = `${randomId()}?${user}`;
  return {
    socket: `${scheme}//${place.host}/api/hair-tryOn/realtime/${session}`,
    rtc: `/api/hair-tryOn/webrtc/${session}`,
    ice: `/api/hair-tryOn/ice-servers?${user}`,
  };
}
