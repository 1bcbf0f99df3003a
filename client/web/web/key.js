/** The API key: kept for this tab's session, and nowhere else. */

const NAME = "maskcheck-api-key";

/** Null where the browser lets pages keep nothing. */
const store = storeOf();
/** The key where there is no store: it is gone when the page is. */
let held = null;

/**
 * The key, or null if none was entered.
 * @returns {string | null}
 */
export function readKey() {
  return store ? store.getItem(NAME) : held;
}

/**
 * Keep a key until the tab is closed, or the page if the browser keeps nothing.
 * @param {string} key
 */
export function keepKey(key) {
  if (store) { store.setItem(NAME, key); } else { held = key; }
}

/** Forget the key. */
export function forgetKey() {
  store?.removeItem(NAME);
  held = null;
}

/**
 * Whether a header can carry a key.
 * @param {string} key
 * @returns {boolean}
 */
export function isPossibleKey(key) {
  return /^[\x21-\x7e]+$/.test(key);
}

function storeOf() {
  try {
    return sessionStorage;
  } catch { // as where site data are blocked
    return null;
  }
}
