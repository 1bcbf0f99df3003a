/** Tells those who listen rather than look what has changed, and nothing else. */

/** Seconds in which changes are gathered, so that a group is told of in one go. */
const GATHERING = 1;
/** Changes that are told of at most in one go; who wants all of them reads the list. */
const MOST = 6;

/** Writes into a live region. */
export class Announcer {
  #place;
  #changes = [];
  #timer = null;

  /** @param {HTMLElement} place A polite live region. */
  constructor(place) {
    this.#place = place;
  }

  /**
   * Tell of a change soon.
   * @param {string} words
   */
  tell(words) {
    this.#changes.push(words);
    this.#timer ??= setTimeout(() => {
      this.#place.textContent = this.#changes.slice(-MOST).join(". ");
      this.#changes = [];
      this.#timer = null;
    }, GATHERING * 1000);
  }
}
