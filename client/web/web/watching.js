/** The camera's way from frame to verdict: search, ask, conclude. Never more than one of each at a time. */

import { MAX_CROPS } from "./api.js";
import { Asking, INTERVAL, lookOf } from "./asking.js";
import { Consensus, UNCERTAIN } from "./consensus.js";
import { CAMERA, cutCrop, partOf } from "./crop.js";
import { within } from "./geometry.js";
import { PageProblem } from "./problems.js";
import { BLIND_HOLD, HOLD, Tracker } from "./tracks.js";

/** Intervals after which a verdict that nobody confirmed is not shown any more. */
export const FRESH = 2.5;
/** Seconds without a frame, beyond those of a search, after which nobody is taken for who was there before. */
export const GAP_SECONDS = 3.0;
/** Seconds without a frame after which the camera counts as silent. */
export const SILENCE = 3.0;

/** Pixels of a face below which nothing is asked; no model can say anything of it. */
const LEAST_SIDE = 8;
/** Durations of a search for which a face is held, and shorter, for which it stays where it was. */
const SEARCHES = 4.0;
const BLIND_SEARCHES = 2.5;
/** Seconds until the face finder is tried again after it failed. */
const MEND_SECONDS = 3;

/**
 * One face as it is shown; `box` is in the frame's pixels.
 * @typedef {{number: number, box: import("./geometry.js").Box, shown: import("./consensus.js").Shown,
 *   track: object}} TrackView
 */

/** Watches a video until it is stopped. */
export class Watch {
  #video;
  #finder;
  #courier;
  #listener;
  #clock;
  #tracker = new Tracker((number, outline, now) => newTrack(number, outline, now));
  #noFaces = 0;
  #running = 0;
  #searching = false;
  #asking = false;
  #size = [0, 0];
  #at = 0;
  #frame = 0;
  #shownAt = null;
  #searchSeconds = 0;
  #roundSeconds = 0;

  /**
   * @param {HTMLVideoElement} video Playing, or about to.
   * @param {import("./finder.js").Finder} finder
   * @param {import("./courier.js").Courier} courier
   * @param {{seen: Function, failed: Function, silent: Function, looked: Function}} listener `seen` is told
   *   of the faces and the frame's width and height, `failed` of a problem of the finder or null, `silent`
   *   whether no frames come, and `looked` of the faces and the pixels of a frame.
   * @param {() => number} clock Seconds that never go back.
   */
  constructor(video, finder, courier, listener, clock = () => performance.now() / 1000) {
    this.#video = video;
    this.#finder = finder;
    this.#courier = courier;
    this.#listener = listener;
    this.#clock = clock;
  }

  /** @returns {number} How many people there have been; what turned out to be no face does not count. */
  get people() {
    return this.#tracker.count - this.#noFaces - this.#tracker.tracks.filter(isNoFace).length;
  }

  /** @returns {number} Seconds that the last search took. */
  get searchSeconds() {
    return this.#searchSeconds;
  }

  /** Begin, or begin anew with another camera. */
  start() {
    this.#forget();
    this.#running += 1;
    const run = this.#running;
    this.#at = this.#frame = this.#clock();
    this.#roundSeconds = 0;
    const step = () => {
      if (run !== this.#running) { return; }
      nextFrame(this.#video, step);
      if (!this.#isNew()) { return; }
      this.#frame = this.#clock();
      this.#step(run);
    };
    nextFrame(this.#video, step);
    this.#listen(run);
  }

  /** Stop; what is on its way is forgotten. */
  stop() {
    this.#running += 1;
    this.#forget();
  }

  /** Whether there is a frame that was not there before; not all browsers tell of each. */
  #isNew() {
    if (this.#video.requestVideoFrameCallback) { return true; }
    const before = this.#shownAt;
    this.#shownAt = this.#video.currentTime;
    return before !== this.#shownAt;
  }

  async #step(run) {
    if (this.#searching || this.#finder.busy || !this.#video.videoWidth) { return; }
    this.#searching = true;
    try {
      const taken = this.#clock();
      // A video that has no frame just now, as while cameras change, is no failure.
      const bitmap = await createImageBitmap(this.#video).catch(() => null);
      if (bitmap && run === this.#running) { await this.#search(bitmap, taken, run); }
    } finally {
      this.#searching = false;
    }
  }

  async #search(bitmap, taken, run) {
    try {
      const found = await this.#finder.find(bitmap, { keep: true });
      this.#listener.failed(null);
      if (run === this.#running) { this.#take(found, taken); }
    } catch (error) {
      if (!(error instanceof PageProblem)) { throw error; }
      if (run === this.#running) { this.#listener.failed(error); }
      await new Promise((resolve) => { setTimeout(resolve, MEND_SECONDS * 1000); });
    }
  }

  #take({ faces, pixels, seconds }, now) {
    const { width, height } = pixels;
    const otherSize = width !== this.#size[0] || height !== this.#size[1];
    if (otherSize || now - this.#at > this.#roundSeconds + GAP_SECONDS) { this.#forget(); }
    [this.#size, this.#at, this.#searchSeconds] = [[width, height], now, seconds];
    this.#roundSeconds = this.#clock() - now; // for so long no other frame could be taken
    this.#tracker.update(faces.map(({ box }) => box), now);
    const hold = Math.max(HOLD, SEARCHES * seconds);
    const blindHold = Math.max(BLIND_HOLD, BLIND_SEARCHES * seconds);
    this.#noFaces += this.#tracker.expire(now, hold, blindHold).filter(isNoFace).length;
    for (const track of this.#tracker.tracks) { track.consensus.age(now); }
    const views = this.#views();
    this.#listener.seen(views, this.#size);
    this.#listener.looked(views.filter(({ track }) => track.found === now), pixels);
    this.#ask(views, pixels, now);
  }

  /** Crops are cut from the very frame that was searched: only of it is known where the faces are. */
  async #ask(views, pixels, now) {
    if (this.#asking || !this.#courier.idle) { return; }
    this.#asking = true;
    try {
      if (!this.#courier.model) {
        await this.#courier.askModel();
        return;
      }
      const due = this.#due(views, pixels, now);
      if (due.length > 0) { await this.#send(due, pixels, now); }
    } finally {
      this.#asking = false;
    }
  }

  /** Who is asked about now: who has waited longest first, and no more than one request takes. */
  #due(views, pixels, now) {
    return views
      .filter(({ track }) => track.found === now)
      .filter(({ box }) => Math.min(box.x2 - box.x1, box.y2 - box.y1) >= LEAST_SIDE)
      .map((view) => ({ ...view, look: lookOf(pixels, view.box) }))
      .filter(({ track, look }) => track.asking.due(now, track.consensus.settled, look))
      .sort((one, other) => (one.track.asking.last ?? -Infinity) - (other.track.asking.last ?? -Infinity))
      .slice(0, MAX_CROPS);
  }

  async #send(due, pixels, now) {
    const run = this.#running;
    const picture = { width: pixels.width, height: pixels.height, cut: (box) => partOf(pixels, box) };
    const { model } = this.#courier;
    const crops = await Promise.all(due.map(({ box }) => cutCrop(picture, box, model, CAMERA)));
    if (!this.#courier.idle) { return; } // a picture was first meanwhile
    for (const { track, look } of due) { track.asking.asked(now, look); }
    const outcomes = await this.#courier.ask(crops);
    due.forEach(({ track }, place) => {
      const judgement = outcomes?.[place].judgement ?? null;
      if (judgement === null) { track.asking.unanswered(); } else { track.consensus.add(judgement, now); }
    });
    if (run === this.#running) { this.#listener.seen(this.#views(), this.#size); }
  }

  #views() {
    return this.#tracker.tracks.flatMap((track) => {
      if (track.consensus.shown.verdict !== UNCERTAIN) { track.known = track.consensus.shown; }
      const box = within(track.outline, ...this.#size);
      return box ? [{ number: track.number, box, shown: track.consensus.shown, track }] : [];
    });
  }

  #forget() {
    this.#noFaces += this.#tracker.clear().filter(isNoFace).length;
  }

  /** While the page is hidden no frames come, which is as it should be. */
  #listen(run) {
    const timer = setInterval(() => {
      if (run !== this.#running) { clearInterval(timer); return; }
      if (document.hidden || this.#searching) { return; }
      const silent = this.#clock() - this.#frame > SILENCE;
      if (silent && this.#tracker.tracks.length > 0) {
        this.#forget();
        this.#listener.seen([], this.#size);
      }
      this.#listener.silent(silent);
    }, 1000);
  }
}

function newTrack(number, outline, now) {
  const consensus = new Consensus(FRESH * INTERVAL);
  const asking = new Asking();
  const followed = { number, outline, found: now, followed: now };
  return { ...followed, consensus, asking, known: null, guess: null, guessed: -Infinity };
}

function isNoFace({ known }) {
  return known?.label === "not_face";
}

function nextFrame(video, act) {
  if (video.requestVideoFrameCallback) {
    video.requestVideoFrameCallback(act);
  } else {
    requestAnimationFrame(act);
  }
}
