/** Finds faces with the project's own detector, in a worker, so that the page never waits for it. */

import { fromLeftToRight, wholePixels } from "./geometry.js";
import { PageProblem } from "./problems.js";
import { Workshop } from "./workers.js";

/**
 * A face that was found: its box in whole pixels of the picture, and how sure the detector is, 0 to 1.
 * @typedef {{box: import("./geometry.js").Box, score: number}} Face
 */

/**
 * What a search found: the faces from left to right, the pixels if they were asked for, and the seconds
 * that it took.
 * @typedef {{faces: Face[], pixels: import("./scaling.js").Pixels | null, seconds: number}} Found
 */

/** Whether this browser has what the page is made of. */
export function isSupported() {
  return typeof WebAssembly === "object" && typeof OffscreenCanvas === "function"
    && typeof createImageBitmap === "function" && typeof Worker === "function";
}

/** The detector. */
export class Finder {
  #workshop = new Workshop(new URL("./finderworker.js", import.meta.url), () => new PageProblem("no-finder"));
  #parts;
  #loaded = null;

  /** @param {() => Promise<{detector: {threshold: number}}>} parts Gives what `parts.json` says. */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @returns {boolean} Whether it is searching. */
  get busy() {
    return this.#workshop.busy;
  }

  /**
   * Load the detector; what was loaded is kept, what failed is tried again.
   * @throws {PageProblem}
   */
  async load() {
    this.#loaded ??= this.#load();
    try {
      await this.#loaded;
    } catch (error) {
      this.#loaded = null;
      throw error;
    }
  }

  /**
   * Find the faces of a picture.
   * @param {ImageBitmap} bitmap Upright; handed over.
   * @param {{keep?: boolean, size?: [number, number]}} how Whether the pixels are given back, and width and
   *   height in pixels of the picture that this is a smaller copy of, if so: boxes are given in these.
   * @returns {Promise<Found>}
   * @throws {PageProblem}
   */
  async find(bitmap, { keep = false, size = [bitmap.width, bitmap.height] } = {}) {
    await this.load();
    const found = await this.#ask({ kind: "find", bitmap, keep }, [bitmap]);
    const [across, down] = [size[0] / found.width, size[1] / found.height];
    const faces = found.faces.map(({ outline: { x1, y1, x2, y2 }, score }) => {
      const box = { x1: x1 * across, y1: y1 * down, x2: x2 * across, y2: y2 * down };
      return { box: wholePixels(box, ...size), score };
    });
    const pixels = keep ? { data: found.data, width: found.width, height: found.height } : null;
    return { faces: fromLeftToRight(faces), pixels, seconds: found.seconds };
  }

  async #load() {
    const { detector } = await this.#parts();
    await this.#workshop.ask({ kind: "load", threshold: detector.threshold });
  }

  async #ask(message, moved) {
    try {
      return await this.#workshop.ask(message, moved);
    } catch (error) {
      this.#workshop.end();
      this.#loaded = null;
      throw error;
    }
  }
}
