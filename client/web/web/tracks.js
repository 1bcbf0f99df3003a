/**
 * Who is who over the frames: one track per face, by the rule of the desktop client.
 *
 * The client follows faces by optical flow from one search to the next. The page does not: it searches
 * every frame that it can, so tracks are matched from find to find.
 */

import { overlap } from "./geometry.js";

/** Seconds for which a face is held though it is not found. */
export const HOLD = 1.5;
/** Seconds for which a face is kept where it was when it cannot even be followed. */
export const BLIND_HOLD = 0.5;

const LEAST_OVERLAP = 0.25;
/** Distance between the middles, in widths of the face, within which a find is still the same face. */
const NEAR = 0.6;
/** Overlap from which two tracks are one face. */
const SAME = 0.5;
/** Weight of what the detector says against where the face was. */
const SMOOTHING = 0.6;

/**
 * One face over time: `number` is never used again, `outline` is where it is, in pixels and between
 * pixels, `found` and `followed` are seconds.
 * @typedef {{number: number, outline: import("./geometry.js").Box, found: number, followed: number}} Track
 */

/** Keeps the tracks of one camera. */
export class Tracker {
  #make;
  #count = 0;
  #doubles = [];
  /** @type {Track[]} */
  tracks = [];

  /** @param {(number: number, outline: object, now: number) => Track} make Makes a new track. */
  constructor(make) {
    this.#make = make;
  }

  /** @returns {number} How many there have been. */
  get count() {
    return this.#count;
  }

  /**
   * Take in what a search found.
   * @param {import("./geometry.js").Box[]} finds Where each face is.
   * @param {number} now Seconds.
   */
  update(finds, now) {
    const waiting = new Map(this.tracks.map((track) => [track.number, track]));
    const free = new Set(finds.keys());
    for (const { closeness, track, find } of pairs(this.tracks, finds)) {
      if (closeness > 0 && waiting.has(track.number) && free.has(find)) {
        free.delete(find);
        waiting.delete(track.number);
        this.found(track, finds[find], now);
      }
    }
    for (const find of free) {
      this.#count += 1;
      this.tracks.push(this.#make(this.#count, finds[find], now));
    }
    this.#dropDoubles();
  }

  /**
   * Take note that a track's face was found, and where.
   * @param {Track} track
   * @param {import("./geometry.js").Box} outline
   * @param {number} now Seconds.
   */
  found(track, outline, now) {
    const [fresh, old] = overlap(track.outline, outline) > SAME ? [SMOOTHING, 1 - SMOOTHING] : [1, 0];
    const between = (corner) => fresh * outline[corner] + old * track.outline[corner];
    track.outline = { x1: between("x1"), y1: between("y1"), x2: between("x2"), y2: between("y2") };
    track.found = track.followed = now;
  }

  /**
   * Drop and return the tracks of which nothing is known any more.
   * @param {number} now Seconds.
   * @param {number} hold Seconds for which a face is followed though the detector does not find it.
   * @param {number} blindHold Seconds for which it is kept when it is not even followed.
   * @returns {Track[]}
   */
  expire(now, hold = HOLD, blindHold = BLIND_HOLD) {
    const isGone = (track) => now - track.found > hold || now - track.followed > blindHold;
    const gone = [...this.tracks.filter(isGone), ...this.#doubles];
    this.tracks = this.tracks.filter((track) => !isGone(track));
    this.#doubles = [];
    return gone;
  }

  /**
   * Drop and return all tracks.
   * @returns {Track[]}
   */
  clear() {
    const gone = [...this.tracks, ...this.#doubles];
    this.tracks = [];
    this.#doubles = [];
    return gone;
  }

  #dropDoubles() {
    const kept = [];
    for (const track of this.tracks) { // the older first
      const double = kept.some((other) => overlap(track.outline, other.outline) > SAME);
      (double ? this.#doubles : kept).push(track);
    }
    this.tracks = kept;
  }
}

/** All pairs of a track and a find, the likeliest first. */
function pairs(tracks, finds) {
  const all = tracks.flatMap((track) => finds.map((outline, find) => (
    { closeness: closenessOf(track.outline, outline), track, find })));
  return all.sort((one, other) => other.closeness - one.closeness
    || other.track.number - one.track.number || other.find - one.find);
}

/** How likely two boxes are the same face; 0 if they are not. */
function closenessOf(one, other) {
  const shared = overlap(one, other);
  if (shared >= LEAST_OVERLAP) { return shared + 1; }
  const widths = [one.x2 - one.x1, other.x2 - other.x1];
  const alike = widths[0] / widths[1] > 0.6 && widths[0] / widths[1] < 1.7;
  const across = (one.x1 + one.x2) / 2 - (other.x1 + other.x2) / 2;
  const down = (one.y1 + one.y2) / 2 - (other.y1 + other.y2) / 2;
  const distance = Math.hypot(across, down);
  return alike ? Math.max(0, 1 - distance / (NEAR * ((widths[0] + widths[1]) / 2))) : 0;
}
