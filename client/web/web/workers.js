/** Questions to a module worker and its answers, paired by number. */

import { PageProblem } from "./problems.js";

/** One worker; when it fails, all that is asked fails, and a new one is started for the next question. */
export class Workshop {
  #address;
  #problem;
  #worker = null;
  #waiting = new Map();
  #count = 0;

  /**
   * @param {URL} address Of the module.
   * @param {() => Error} problem Makes the error that tells of a failure.
   */
  constructor(address, problem) {
    this.#address = address;
    this.#problem = problem;
  }

  /** @returns {boolean} Whether anything asked is not answered yet. */
  get busy() {
    return this.#waiting.size > 0;
  }

  /**
   * Ask the worker.
   * @param {object} message Its `kind`, and what belongs to it.
   * @param {Transferable[]} moved What is handed over rather than copied.
   * @returns {Promise<object>} Its reply.
   * @throws {PageProblem} `old-browser` if this browser has no module workers; else what tells of a failure.
   */
  async ask(message, moved = []) {
    this.#worker ??= this.#start();
    this.#count += 1;
    const number = this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#worker.postMessage({ number, ...message }, moved);
    });
  }

  /** End the worker; what is asked fails. */
  end() {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) { reject(this.#problem()); }
    this.#waiting.clear();
  }

  #start() {
    let isModule = false;
    const worker = new Worker(this.#address, { get type() { isModule = true; return "module"; } });
    if (!isModule) { // who does not know of them does not even look
      worker.terminate();
      throw new PageProblem("old-browser");
    }
    worker.onmessage = ({ data: { number, reply, failure } }) => {
      const { resolve, reject } = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (failure === undefined) { resolve(reply); return; }
      console.warn(failure); // for whoever mends it; people read the problem's words
      reject(this.#problem());
    };
    worker.onerror = () => this.end();
    return worker;
  }
}
