/**
 * From picture files to a verdict per face: read, search, crop, ask. Nothing that is wrong with one picture
 * stops the others.
 */

import { MAX_CROPS } from "./api.js";
import { cutCrop, PICTURE } from "./crop.js";
import { readPicture } from "./pictures.js";

/** Seconds until the face finder is tried again after it failed. */
const MEND_SECONDS = 3;

/**
 * What is known of a face of a picture: `judgement` is null while there is none, `error` says why if the API
 * gave none, `asked` whether an answer is still to come.
 * @typedef {{box: import("./geometry.js").Box, judgement: import("./consensus.js").Judgement | null,
 *   error: string | null, asked: boolean}} JudgedFace
 */

/** Judges pictures; they are read one after the other, so that few are in memory at a time. */
export class Judging {
  #finder;
  #courier;
  #failed;
  #turn = Promise.resolve();

  /**
   * @param {import("./finder.js").Finder} finder
   * @param {import("./courier.js").Courier} courier
   * @param {(problem: Error | null) => void} failed Told of problems of the finder, which is tried again.
   */
  constructor(finder, courier, failed) {
    this.#finder = finder;
    this.#courier = courier;
    this.#failed = failed;
  }

  /**
   * Judge a picture.
   * @param {Blob} file
   * @param {{read: (bitmap: ImageBitmap) => void,
   *   found: (faces: JudgedFace[], size: [number, number]) => void}} view `read` is given a copy to show;
   *   `found` is told of the faces, and again of each answer.
   * @param {AbortSignal} signal Gives it up.
   * @throws {import("./problems.js").PageProblem} If it is no picture.
   * @throws {import("./problems.js").ApiProblem} If its faces cannot be judged.
   */
  async judge(file, view, signal) {
    const prepared = this.#turn.then(() => this.#prepare(file, view, signal));
    this.#turn = prepared.catch(() => {}); // told to whoever waits for this one
    const { faces, crops, size } = await prepared;
    for (let first = 0; first < crops.length; first += MAX_CROPS) {
      const batch = crops.slice(first, first + MAX_CROPS);
      const outcomes = await this.#courier.insist(batch, signal);
      outcomes.forEach((outcome, place) => Object.assign(faces[first + place], outcome, { asked: false }));
      view.found(faces, size);
    }
  }

  async #prepare(file, view, signal) {
    signal.throwIfAborted();
    const picture = await readPicture(file);
    try {
      const size = [picture.width, picture.height];
      view.read(await picture.copy());
      const found = await this.#find(picture, size, signal);
      const faces = found.map(({ box }) => ({ box, judgement: null, error: null, asked: true }));
      view.found(faces, size);
      if (faces.length === 0) { return { faces, crops: [], size }; }
      const model = await this.#courier.insistOnModel(signal);
      const crops = await Promise.all(faces.map(({ box }) => cutCrop(picture, box, model, PICTURE)));
      return { faces, crops, size };
    } finally {
      picture.close();
    }
  }

  async #find(picture, size, signal) {
    for (;;) {
      signal.throwIfAborted();
      const copy = await picture.copy(); // what fails here is no fault of the finder
      try {
        const { faces } = await this.#finder.find(copy, { size });
        this.#failed(null);
        return faces;
      } catch (error) {
        this.#failed(error);
        if (error.kind !== "no-finder") { throw error; }
        await new Promise((resolve) => { setTimeout(resolve, MEND_SECONDS * 1000); });
      }
    }
  }
}
