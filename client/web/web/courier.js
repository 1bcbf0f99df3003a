/**
 * The one way to the API: one request at a time, nothing queued up for the camera, and a pause after a
 * failure, as long as makes sense.
 */

import { ApiProblem } from "./problems.js";

/** Seconds until the API is tried again after it did not answer; doubled each time. */
export const FIRST_PAUSE = 0.5;
/** Seconds to which that grows. */
export const LONGEST_PAUSE = 8;
/** Seconds of pause after an answer that will not change soon. */
export const REFUSED_SECONDS = 5;
/** Seconds after which a request on its way is told of as unanswered. */
export const SILENT_SECONDS = 8;
/** Longest pause in seconds, whatever the API asks for. */
export const LONGEST_WAIT = 30;

const PASSING = ["offline", "unreachable", "timeout", "unavailable"];
const WAITED_OUT = [...PASSING, "limited", "refused"];
const LOOK_SECONDS = 0.1;

/** Sends what others ask, and tells how the API is. */
export class Courier {
  #api;
  #tell;
  #clock;
  #busy = false;
  #queued = 0;
  #until = 0;
  #failures = 0;
  #model = null;
  /** What went over the wire: requests that were tried, and crops and bytes in them. */
  traffic = { requests: 0, crops: 0, bytes: 0 };

  /**
   * @param {import("./api.js").Api} api
   * @param {(problem: ApiProblem | null, wait: number) => void} tell Told after each request: what failed,
   *   or null, and the seconds of pause, which may be `Infinity`.
   * @param {() => number} clock Seconds that never go back.
   */
  constructor(api, tell, clock = () => performance.now() / 1000) {
    this.#api = api;
    this.#tell = tell;
    this.#clock = clock;
  }

  /** @returns {boolean} Whether a camera may ask now; pictures go first. */
  get idle() {
    return this.#free && this.#queued === 0;
  }

  /** @returns {import("./api.js").Model | null} How crops are cut; null until the API has told. */
  get model() {
    return this.#model;
  }

  /** Try again now: the connection is back, or there is a key. */
  wake() {
    this.#until = 0;
    this.#failures = 0;
  }

  /**
   * Ask once, if `idle`; never waits in a queue.
   * @param {Blob[]} crops 1 to 16 JPEG files.
   * @returns {Promise<import("./api.js").Outcome[] | null>} Null if there is no answer.
   */
  async ask(crops) {
    return this.#once(() => this.#classify(crops));
  }

  /** Ask once how crops are cut, if `idle`. */
  async askModel() {
    this.#model ??= await this.#once(() => this.#api.model());
  }

  /**
   * Ask until there is an answer.
   * @param {Blob[]} crops 1 to 16 JPEG files.
   * @param {AbortSignal} signal Gives it up.
   * @returns {Promise<import("./api.js").Outcome[]>}
   * @throws {ApiProblem} If asking again cannot help.
   */
  async insist(crops, signal) {
    return this.#insist(() => this.#classify(crops), signal);
  }

  /**
   * Ask how crops are cut until there is an answer; the parameters are those of `insist`.
   * @returns {Promise<import("./api.js").Model>}
   * @throws {ApiProblem} If asking again cannot help.
   */
  async insistOnModel(signal) {
    this.#model ??= await this.#insist(async () => this.#model ?? this.#api.model(), signal);
    return this.#model;
  }

  get #free() {
    return !this.#busy && this.#clock() >= this.#until;
  }

  #classify(crops) {
    this.traffic.requests += 1;
    this.traffic.crops += crops.length;
    this.traffic.bytes += crops.reduce((sum, crop) => sum + crop.size, 0);
    return this.#api.classify(crops);
  }

  async #once(exchange) {
    if (!this.idle) { return null; }
    try {
      return await this.#try(exchange);
    } catch (error) {
      if (error instanceof ApiProblem) { return null; }
      throw error;
    }
  }

  async #insist(exchange, signal) {
    this.#queued += 1;
    try {
      for (;;) {
        while (!this.#free) { await pause(LOOK_SECONDS, signal); }
        signal.throwIfAborted();
        try {
          return await this.#try(exchange);
        } catch (error) {
          if (!(error instanceof ApiProblem) || !WAITED_OUT.includes(error.kind)) { throw error; }
        }
      }
    } finally {
      this.#queued -= 1;
    }
  }

  async #try(exchange) {
    this.#busy = true;
    const patience = setTimeout(() => this.#tell(new ApiProblem("slow"), 0), SILENT_SECONDS * 1000);
    try {
      const answer = await exchange();
      this.wake();
      this.#tell(null, 0);
      return answer;
    } catch (error) {
      if (error instanceof ApiProblem) { this.#waitOut(error); }
      throw error;
    } finally {
      clearTimeout(patience);
      this.#busy = false;
    }
  }

  #waitOut(problem) {
    const wait = this.#waitAfter(problem);
    this.#until = this.#clock() + wait;
    this.#failures += 1;
    this.#tell(problem, wait);
  }

  #waitAfter({ kind, retryAfter }) {
    if (kind === "refused") { return Infinity; } // until there is a key
    if (retryAfter !== null) { return Math.min(retryAfter, LONGEST_WAIT); }
    if (!PASSING.includes(kind)) { return REFUSED_SECONDS; }
    return Math.min(FIRST_PAUSE * 2 ** this.#failures, LONGEST_PAUSE);
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) { reject(signal.reason); }
    setTimeout(resolve, seconds * 1000);
  });
}
