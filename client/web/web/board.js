/** One picture or camera on the page: what is drawn over it, and the same in words beside it. */

import { drawMarks } from "./overlay.js";
import { VERDICTS } from "./wording.js";

/**
 * A face as it is told: `key` stays that of the same face, `words` are what is said of it, `counted` is
 * false for what turned out to be no face, which is drawn thin and without words.
 * @typedef {{key: number, box: import("./geometry.js").Box, verdict: string, words: string,
 *   counted: boolean, guess: import("./guessing.js").Guess | null}} BoardFace
 */

/** A board; `element` is to be put on the page. */
export class Board {
  #marks;
  #counters;
  #faces = [];
  #items = new Map();
  #size = [0, 0];
  #mirrored = false;

  /** @param {string} name What the picture is called. */
  constructor(name) {
    const template = document.getElementById("board");
    /** @type {HTMLElement} */
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.querySelector("h3").textContent = name;
    this.#marks = this.part(".marks");
    this.#counters = Object.fromEntries(Object.keys(VERDICTS).map((verdict) => (
      [verdict, this.part(`.counters [data-verdict="${verdict}"] dd`)])));
    new ResizeObserver(() => this.#draw()).observe(this.part(".screen"));
  }

  /**
   * A part of the board.
   * @param {string} selector
   * @returns {HTMLElement}
   */
  part(selector) {
    return this.element.querySelector(selector);
  }

  /** @param {boolean} mirrored Whether the picture is shown as in a mirror. */
  set mirrored(mirrored) {
    this.#mirrored = mirrored;
    this.part(".screen").classList.toggle("mirrored", mirrored);
    this.#draw();
  }

  /**
   * Show the faces.
   * @param {BoardFace[]} faces
   * @param {[number, number]} size Width and height of the picture in pixels.
   */
  show(faces, size) {
    this.#faces = faces;
    this.#size = size;
    this.#draw();
    this.#list();
    const counts = countsOf(faces);
    for (const [verdict, place] of Object.entries(this.#counters)) {
      write(place, String(counts[verdict] ?? 0));
    }
  }

  /**
   * Say how things stand, where there is no face to tell of.
   * @param {string} words
   */
  tell(words) {
    write(this.part(".state"), words);
  }

  #draw() {
    const marks = this.#faces.map(({ box, verdict, words, counted, guess }) => ({
      box, verdict, text: counted ? words : null, guess: guess?.words, contour: guess?.contour }));
    drawMarks(this.#marks, this.#size, marks, this.#mirrored);
  }

  /** Only what changed is written, so that whoever reads along is not thrown back. */
  #list() {
    const known = new Set(this.#faces.map(({ key }) => key));
    for (const [key, item] of this.#items) {
      if (!known.has(key)) {
        item.remove();
        this.#items.delete(key);
      }
    }
    for (const face of this.#faces) {
      const item = this.#items.get(face.key) ?? this.#addItem(face.key);
      if (item.dataset.verdict !== face.verdict) { item.dataset.verdict = face.verdict; }
      write(item.querySelector(".words"), face.words);
      write(item.querySelector(".guess"), face.guess ? `Guess: ${face.guess.words}` : "");
    }
  }

  #addItem(key) {
    const item = document.createElement("li");
    const [words, guess] = [document.createElement("span"), document.createElement("span")];
    [words.className, guess.className] = ["words", "guess"];
    item.append(words, guess);
    this.#items.set(key, item);
    this.part(".faces").append(item);
    return item;
  }
}

/**
 * How many faces have which verdict.
 * @param {BoardFace[]} faces
 * @returns {Object<string, number>}
 */
function countsOf(faces) {
  const counts = {};
  for (const { verdict, counted } of faces) {
    if (counted) { counts[verdict] = (counts[verdict] ?? 0) + 1; }
  }
  return counts;
}

/**
 * The counts in words, such as `2 mask, 1 unsure`.
 * @param {BoardFace[]} faces
 * @returns {string}
 */
export function sumInWords(faces) {
  const counts = countsOf(faces);
  const told = Object.keys(VERDICTS).filter((verdict) => counts[verdict]);
  return told.map((verdict) => `${counts[verdict]} ${VERDICTS[verdict]}`).join(", ") || "nobody";
}

function write(place, words) {
  if (place.textContent !== words) { place.textContent = words; }
}
