/** The API key: kept for this tab's session, and nowhere else. */

const NAME = "maskcheck-api-key";

/**
 * The key, or null if none was entered.
 * @returns {string | null}
 */
export function readKey() {
  return sessionStorage.getItem(NAME);
}

/**
 * Keep a key until the tab is closed.
 * @param {string} key
 */
export function keepKey(key) {
  sessionStorage.setItem(NAME, key);
}

/** Forget the key. */
export function forgetKey() {
  sessionStorage.removeItem(NAME);
}

/**
 * Whether a header can carry a key.
 * @param {string} key
 * @returns {boolean}
 */
export function isPossibleKey(key) {
  return /^[\x21-\x7e]+$/.test(key);
}
