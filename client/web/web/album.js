/** The pictures on the page: a board for each, and what is told of it. */

import { Board, sumInWords } from "./board.js";
import { ApiProblem, PageProblem, tooManyWords, wordsOf } from "./problems.js";
import { caption } from "./wording.js";

/** Most pictures on the page; each keeps a copy in memory. */
export const MOST_PICTURES = 24;

const byId = (id) => document.getElementById(id);

/** The pictures' part of the page. */
export class Album {
  #judging;
  #notices;
  #announcer;
  #extras;
  #entries = new Map();

  /**
   * @param {import("./judging.js").Judging} judging
   * @param {import("./notices.js").Notices} notices
   * @param {import("./announcer.js").Announcer} announcer
   * @param {import("./extras.js").Extras} extras
   */
  constructor(judging, notices, announcer, extras) {
    this.#judging = judging;
    this.#notices = notices;
    this.#announcer = announcer;
    this.#extras = extras;
    byId("remove-all").onclick = () => {
      for (const entry of this.#entries.keys()) { this.#remove(entry); }
    };
  }

  /**
   * Take pictures in; the newest come first.
   * @param {File[]} files
   */
  add(files) {
    const taken = files.slice(0, MOST_PICTURES - this.#entries.size);
    if (taken.length < files.length) { this.#notices.show("pictures", tooManyWords(MOST_PICTURES)); }
    for (const file of taken) { this.#judge(file); }
  }

  /** Show or hide guesses, which are wanted from now on or not any more. */
  extrasChanged() {
    for (const entry of this.#entries.keys()) {
      if (!entry.size[0]) { continue; } // nothing is known of it yet, or it is no picture
      this.#show(entry);
      this.#guess(entry);
    }
  }

  async #judge(file) {
    const name = file.name || "Pasted picture";
    const board = new Board(name);
    const entry = { name, board, still: null, faces: [], size: [0, 0], guessing: false, problem: null };
    const giveUp = new AbortController();
    this.#entries.set(entry, giveUp);
    this.#place(entry);
    entry.board.tell("Waiting for its turn");
    try {
      await this.#judging.judge(file, {
        read: (bitmap) => {
          entry.still = this.#hang(entry, bitmap);
          entry.board.tell("Looking for faces");
        },
        found: (faces, size) => {
          entry.faces = faces.map((face, place) => ({ ...entry.faces[place], ...face }));
          entry.size = size;
          this.#show(entry);
          this.#guess(entry);
        },
      }, giveUp.signal);
      this.#announcer.tell(`${name}: ${sumInWords(facesOf(entry, false))}`);
    } catch (error) {
      this.#fail(entry, error, giveUp.signal);
    }
  }

  #fail(entry, error, signal) {
    if (signal.aborted) { return; }
    const problem = problemOf(error);
    const words = wordsOf(problem);
    entry.problem = problem instanceof PageProblem ? `${entry.name}: ${words}` : words;
    for (const face of entry.faces) { face.asked = false; }
    if (entry.size[0]) { this.#show(entry); }
    entry.board.element.classList.toggle("failed", entry.still === null); // there is nothing to see
    entry.board.part(".state").classList.add("problem");
    entry.board.tell(entry.problem);
    this.#announcer.tell(`${entry.name}: ${words}`);
  }

  #place(entry) {
    const remove = entry.board.part(".remove");
    remove.hidden = false;
    remove.setAttribute("aria-label", `Remove ${entry.name}`);
    remove.onclick = () => this.#remove(entry);
    entry.board.part(".order").textContent = "Faces, from left to right";
    entry.board.part(".faces").classList.add("numbered");
    byId("pictures").hidden = false;
    byId("album").prepend(entry.board.element);
  }

  #remove(entry) {
    this.#entries.get(entry).abort();
    this.#entries.delete(entry);
    entry.board.element.remove();
    this.#notices.clear("pictures");
    byId("pictures").hidden = this.#entries.size === 0;
    // Whoever uses the keyboard is not thrown to the top.
    (this.#entries.size === 0 ? byId("files") : byId("pictures-heading")).focus();
  }

  #hang(entry, bitmap) {
    const still = document.createElement("canvas");
    [still.width, still.height] = [bitmap.width, bitmap.height];
    still.setAttribute("role", "img");
    still.getContext("2d", { willReadFrequently: true }).drawImage(bitmap, 0, 0);
    bitmap.close();
    entry.board.part(".screen").prepend(still);
    still.setAttribute("aria-label", entry.name);
    return still;
  }

  #show(entry) {
    const faces = facesOf(entry, this.#extras.on);
    entry.board.show(faces, entry.size);
    const errors = entry.faces.flatMap(({ error }) => (error ? [error] : []));
    entry.board.tell(entry.problem ?? stateOf(entry, errors));
    const words = faces.map((face) => face.words).join(", ") || "no face";
    entry.still.setAttribute("aria-label", `${entry.name}: ${words}`);
  }

  async #guess(entry) {
    if (entry.guessing || !this.#extras.on) { return; }
    entry.guessing = true;
    const picture = pictureOf(entry.still);
    const scale = entry.still.width / entry.size[0];
    for (const [place, { box, guess }] of entry.faces.entries()) {
      if (guess || !this.#entries.has(entry)) { continue; }
      const there = Object.fromEntries(Object.entries(box).map(([corner, value]) => [corner, value * scale]));
      entry.faces[place].guess = await this.#extras.guess(picture, there);
      this.#show(entry);
    }
    entry.guessing = false;
  }
}

function facesOf(entry, withGuesses) {
  return entry.faces.map((face, place) => ({
    key: place,
    box: face.box,
    verdict: face.judgement?.verdict ?? (face.asked ? "asked" : "rejected"),
    words: face.asked ? "asking" : caption(face.judgement),
    counted: face.judgement?.label !== "not_face",
    guess: withGuesses ? face.guess ?? null : null,
  }));
}

/** A browser has many ways to fail at a picture, most of all at one that is too large for it. */
function problemOf(error) {
  if (error instanceof PageProblem || error instanceof ApiProblem) { return error; }
  console.warn(error); // for whoever mends it; people read the problem's words
  return new PageProblem("no-picture");
}

function stateOf({ faces }, errors) {
  if (faces.length === 0) { return "No face was found. Faces must be upright, and not tiny."; }
  const told = faces.length === 1 ? "1 face was found" : `${faces.length} faces were found`;
  const waiting = faces.some(({ asked }) => asked) ? "; the API is being asked" : "";
  return `${told}${waiting}. ${errors.join(" ")}`.trim();
}

function pictureOf(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const cut = ({ x1, y1, x2, y2 }) => {
    const { data, width, height } = context.getImageData(x1, y1, x2 - x1, y2 - y1);
    return { data, width, height };
  };
  return { width: canvas.width, height: canvas.height, cut };
}
