/**
 * When to ask about a face again: soon while unsure, seldom once all is clear, never too often.
 * The rule of the desktop client.
 */

/** Seconds after which a face whose verdict is settled is asked about again. */
export const INTERVAL = 3.0;
/** Seconds between two questions about a face that is not settled or looks different. */
export const HURRY = 0.4;
/** Questions about one face in any minute that are asked so soon; after that, one in `INTERVAL`. */
export const QUICK = 10;
/** Questions about one face in any minute, whatever happens. */
export const MOST_PER_MINUTE = 30;
/** Share of the brightness range by which a face must differ on average to look different. */
export const CHANGE = 0.12;

const ONE_MINUTE = 60.0;
const LOOK_SIDE = 12;

/** Decides when one face is asked about. */
export class Asking {
  #interval;
  #asked = [];
  #last = null;
  #look = null;

  /** @param {number} interval Seconds between questions about a settled face. */
  constructor(interval = INTERVAL) {
    this.#interval = interval;
  }

  /** @returns {number | null} When it was last asked about, in seconds; null if never. */
  get last() {
    return this.#last;
  }

  /**
   * Say whether to ask now.
   * @param {number} now Seconds.
   * @param {boolean} settled Whether the newest answers agree with what is shown.
   * @param {Float32Array} look Of `lookOf`.
   * @returns {boolean}
   */
  due(now, settled, look) {
    if (this.#last === null) { return true; }
    if (this.#asked.length === MOST_PER_MINUTE && now - this.#asked[0] < ONE_MINUTE) { return false; }
    // A face that stays in doubt must not use up its minute in the first seconds of it.
    const recent = this.#asked.filter((asked) => now - asked < ONE_MINUTE).length;
    const pace = recent < QUICK ? HURRY : INTERVAL;
    const since = now - this.#last;
    return since >= Math.max(this.#interval, pace)
      || (since >= pace && (!settled || this.#changed(look)));
  }

  /**
   * Take note of a question.
   * @param {number} now Seconds.
   * @param {Float32Array} look Of `lookOf`.
   */
  asked(now, look) {
    this.#asked.push(now);
    if (this.#asked.length > MOST_PER_MINUTE) { this.#asked.shift(); }
    this.#last = now;
    this.#look = look;
  }

  /** Take note that the last question got no answer: it does not count against the minute. */
  unanswered() {
    this.#asked.pop();
  }

  #changed(look) {
    if (this.#look === null) { return false; }
    const difference = look.reduce((sum, value, place) => sum + Math.abs(value - this.#look[place]), 0);
    return difference / look.length > CHANGE;
  }
}

/**
 * How a face looks at a glance: 12 x 12 grey values, freed of the light's brightness.
 * @param {{data: Uint8ClampedArray, width: number, height: number}} pixels RGBA, 0..255, the frame.
 * @param {import("./geometry.js").Box} box The face, in whole pixels.
 * @returns {Float32Array} 144 values around 0; 1 is the whole range of brightness.
 */
export function lookOf(pixels, box) {
  const look = new Float32Array(LOOK_SIDE * LOOK_SIDE);
  const across = shares(box.x1, box.x2);
  const down = shares(box.y1, box.y2);
  for (let row = 0; row < LOOK_SIDE; row += 1) {
    for (let column = 0; column < LOOK_SIDE; column += 1) {
      look[row * LOOK_SIDE + column] = greenOf(pixels, across[column], down[row]) / 255;
    }
  }
  const mean = look.reduce((sum, value) => sum + value, 0) / look.length;
  return look.map((value) => value - mean);
}

/** For each cell of the look the pixels that it covers, and how much of each. */
function shares(from, to) {
  const step = (to - from) / LOOK_SIDE;
  return Array.from({ length: LOOK_SIDE }, (_, cell) => {
    const start = from + cell * step;
    const end = Math.min(to, start + step);
    const covered = [];
    for (let pixel = Math.floor(start); pixel < end; pixel += 1) {
      const part = Math.min(end, pixel + 1) - Math.max(start, pixel);
      if (part > 1e-6) { covered.push([pixel, part / (end - start)]); }
    }
    return covered;
  });
}

function greenOf(pixels, columns, rows) {
  let sum = 0;
  for (const [y, part] of rows) {
    let line = 0;
    for (const [x, weight] of columns) { line += weight * pixels.data[4 * (y * pixels.width + x) + 1]; }
    sum += part * line;
  }
  return sum;
}
