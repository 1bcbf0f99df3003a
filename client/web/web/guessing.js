/** The extras: guesses about faces that no verdict uses. They run in this browser, and never leave it. */

import { withMargin } from "./geometry.js";
import { PageProblem } from "./problems.js";
import { fittingSize, shrink } from "./scaling.js";
import { Workshop } from "./workers.js";

/** Share of the box's width and height around it that is looked at. */
const MARGIN = 0.5;
/** Longest side of what is looked at, in pixels; the models look at less. */
const LONGEST = 384;

/**
 * A guess: `contour` is the face's outline in shares of the box's width and height.
 * @typedef {{words: string, contour: [number, number][]}} Guess
 */

/** Guesses about one face at a time. */
export class Guessing {
  #workshop = new Workshop(new URL("./extrasworker.js", import.meta.url), () => new PageProblem("no-extras"));
  #loaded = null;

  /** @returns {boolean} Whether a guess is being made. */
  get busy() {
    return this.#workshop.busy;
  }

  /**
   * Load what is needed, which is large.
   * @throws {PageProblem}
   */
  async load() {
    this.#loaded ??= this.#workshop.ask({ kind: "load" });
    try {
      await this.#loaded;
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** Give back the memory. */
  end() {
    this.#workshop.end();
    this.#loaded = null;
  }

  /**
   * Guess about a face.
   * @param {{width: number, height: number, cut: (box: import("./geometry.js").Box) =>
   *   import("./scaling.js").Pixels}} picture Upright; `cut` gives the pixels of one of its parts.
   * @param {import("./geometry.js").Box} box The face, in the picture's pixels.
   * @returns {Promise<Guess | null>} Null if nothing can be guessed.
   * @throws {PageProblem}
   */
  async guess(picture, box) {
    const around = withMargin(box, MARGIN, picture.width, picture.height);
    const cut = picture.cut(around);
    const { data, width, height } = shrink(cut, ...fittingSize(cut.width, cut.height, LONGEST));
    const scale = width / cut.width;
    const reply = await this.#workshop.ask({ kind: "guess", data, width, height }, [data.buffer]);
    return reply && { words: wordsOf(reply), contour: sharesOf(reply.contour, box, around, scale) };
  }
}

/**
 * A guess in words.
 * @param {{age: number | null, gender: string | null, emotion: string | null}} guess Age in years.
 * @returns {string}
 */
export function wordsOf({ age, gender, emotion }) {
  const years = age === null ? null : `about ${Math.round(age)}`;
  return [years, gender, emotion].filter(Boolean).join(", ") || "nothing";
}

function sharesOf(contour, box, around, scale) {
  return contour.map(([x, y]) => [
    (around.x1 + x / scale - box.x1) / (box.x2 - box.x1),
    (around.y1 + y / scale - box.y1) / (box.y2 - box.y1),
  ]);
}
