/** The switch of the extras; nothing of them is loaded before it is on. */

import { Guessing } from "./guessing.js";
import { PageProblem, wordsOf } from "./problems.js";

const byId = (id) => document.getElementById(id);

/** Whether there are guesses, and who makes them. */
export class Extras {
  #guessing = new Guessing();
  #notices;
  #changed = () => {};
  #ready = false;

  /** @param {import("./notices.js").Notices} notices */
  constructor(notices) {
    this.#notices = notices;
    byId("extras").onchange = ({ target }) => this.#switch(target.checked);
  }

  /** Show the switch: the extras are part of this page. */
  offer() {
    byId("extras-section").hidden = false;
  }

  /** @param {() => void} changed Called when guesses can be made from now on, or are to be hidden. */
  set changed(changed) {
    this.#changed = changed;
  }

  /** @returns {boolean} Whether guesses are wanted and can be made. */
  get on() {
    return this.#ready;
  }

  /** @returns {boolean} Whether a guess could be made now. */
  get idle() {
    return this.#ready && !this.#guessing.busy;
  }

  /**
   * Guess about a face, if that is wanted; the parameters are those of `Guessing.guess`.
   * @returns {Promise<import("./guessing.js").Guess | null>}
   */
  async guess(picture, box) {
    if (!this.#ready) { return null; }
    try {
      return await this.#guessing.guess(picture, box);
    } catch (error) {
      this.#failed(error);
      return null;
    }
  }

  async #switch(on) {
    this.#notices.clear("extras");
    if (!on) {
      this.#end();
      return;
    }
    byId("extras-state").textContent = "Loading the extras";
    try {
      await this.#guessing.load();
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (!byId("extras").checked) { return; }
    byId("extras-state").textContent = "The extras are on";
    this.#ready = true;
    this.#changed();
  }

  #failed(error) {
    if (!byId("extras").checked) { return; } // switched off meanwhile, which ends what is asked
    byId("extras").checked = false;
    this.#end();
    const problem = error instanceof PageProblem ? error : new PageProblem("no-extras");
    this.#notices.show("extras", wordsOf(problem));
  }

  #end() {
    this.#ready = false;
    this.#guessing.end();
    byId("extras-state").textContent = "";
    this.#changed();
  }
}
