/** What went wrong, for all to read; each kind of problem has one notice, which goes when it is over. */

/** The notices of the page. */
export class Notices {
  #place;
  #shown = new Map();

  /** @param {HTMLElement} place Where they stand. It is read aloud by itself. */
  constructor(place) {
    this.#place = place;
  }

  /**
   * Show a notice, or change its words.
   * @param {string} kind
   * @param {string} words
   */
  show(kind, words) {
    const notice = this.#shown.get(kind) ?? this.#add(kind);
    if (notice.textContent !== words) { notice.textContent = words; }
  }

  /**
   * Take a notice away, if it is there.
   * @param {string} kind
   */
  clear(kind) {
    this.#shown.get(kind)?.remove();
    this.#shown.delete(kind);
  }

  #add(kind) {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.dataset.kind = kind;
    this.#place.append(notice);
    this.#shown.set(kind, notice);
    return notice;
  }
}
