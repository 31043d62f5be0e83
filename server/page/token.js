// The token of a visitor whom another site has signed in. It comes behind the # of the address,
// which browsers send to nobody, and is kept for this tab alone.

const TOKEN_KEY = "hair-tryon.token";
const PART = "token=";
// As it may stand in a header.
const TOKEN = /^[\w.~+/=-]+$/;

/**
 * Take the token out of the address, before anything else is done; or the one that came earlier.
 * @returns {string | null}
 */
export function takeToken() {
  const { token, hash } = splitHash(location.hash);
  if (token === null) return stored((store) => store.getItem(TOKEN_KEY));
  history.replaceState(history.state, "", hash || location.pathname + location.search);
  stored((store) => store.setItem(TOKEN_KEY, token));
  return token;
}

/** Another token comes while the page is open: it is as if the page had been opened with it. */
export function followTokens() {
  addEventListener("hashchange", () => {
    if (splitHash(location.hash).token === null) return;
    takeToken();
    location.reload();
  });
}

/**
 * What behind the # is a token, and what is not.
 * @param {string} hash "" or with its #
 * @returns {{token: string | null, hash: string}} null if there is none; "" if it is none
 */
export function splitHash(hash) {
  const parts = hash.slice(1).split("&");
  const named = parts.find((part) => part.startsWith(PART));
  if (named === undefined) return { token: null, hash };
  const rest = parts.filter((part) => !part.startsWith(PART)).join("&");
  const token = named.slice(PART.length);
  return { token: TOKEN.test(token) ? token : "", hash: rest && `#${rest}` };
}

/** Where storage is not allowed a token is good until the page is loaded again. */
function stored(use) {
  try {
    return use(sessionStorage) ?? null;
  } catch {
    return null;
  }
}
