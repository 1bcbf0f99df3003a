/** The camera on the page: its controls, its board, and what is told of it. */

import { Board } from "./board.js";
import { Camera } from "./camera.js";
import { UNCERTAIN } from "./consensus.js";
import { partOf } from "./crop.js";
import { PageProblem, wordsOf } from "./problems.js";
import { Watch } from "./watching.js";
import { captionOf, nameOf } from "./wording.js";

const byId = (id) => document.getElementById(id);

/** The camera's part of the page. */
export class Live {
  #board = new Board("What the camera sees");
  #video = document.createElement("video");
  #camera;
  #watch;
  #notices;
  #announcer;
  #extras;
  #verdicts = new Map();
  #opened = null;

  /**
   * @param {import("./finder.js").Finder} finder
   * @param {import("./courier.js").Courier} courier
   * @param {import("./notices.js").Notices} notices
   * @param {import("./announcer.js").Announcer} announcer
   * @param {import("./extras.js").Extras} extras
   */
  constructor(finder, courier, notices, announcer, extras) {
    this.#notices = notices;
    this.#announcer = announcer;
    this.#extras = extras;
    Object.assign(this.#video, { muted: true, playsInline: true, autoplay: true });
    this.#video.setAttribute("aria-label", "Picture of the camera");
    this.#board.part(".screen").prepend(this.#video);
    byId("live").append(this.#board.element);
    this.#camera = new Camera(this.#video, () => this.#stopped(new PageProblem("camera-gone")));
    this.#watch = new Watch(this.#video, finder, courier, {
      seen: (views, size) => this.#show(views, size),
      failed: (problem) => this.#notice("finder", problem),
      silent: (silent) => this.#notice("camera", silent ? new PageProblem("camera-silent") : null),
      looked: (views, pixels) => this.#guess(views, pixels),
    });
    byId("open-camera").onclick = () => this.#open();
    byId("stop-camera").onclick = () => {
      this.#stopped(null);
      byId("open-camera").focus();
    };
    byId("cameras").onchange = ({ target }) => this.#open({ id: target.value });
    byId("turn-camera").onclick = () => (
      this.#open({ facing: this.#opened?.facing === "user" ? "environment" : "user" }));
    byId("mirror").onchange = ({ target }) => { this.#board.mirrored = target.checked; };
  }

  async #open(wanted = {}) {
    this.#notices.clear("camera");
    this.#watch.stop();
    try {
      const opened = await this.#camera.open(wanted);
      if (opened) { await this.#started(opened); }
    } catch (error) {
      if (!(error instanceof PageProblem)) { throw error; }
      this.#stopped(error);
    }
  }

  async #started(opened) {
    this.#opened = opened;
    const hadFocus = document.activeElement === byId("open-camera");
    this.#arrange(true);
    if (hadFocus) { byId("stop-camera").focus(); }
    // Who stands before a camera that does not say where it looks mostly is the one who opened it.
    byId("mirror").checked = opened.facing !== "environment";
    this.#board.mirrored = byId("mirror").checked;
    this.#board.tell("Looking for faces");
    this.#watch.start();
    await this.#listCameras();
  }

  #stopped(problem) {
    this.#watch.stop();
    this.#camera.close();
    this.#verdicts.clear();
    this.#opened = null;
    this.#board.show([], [0, 0]);
    this.#arrange(false);
    this.#notices.clear("finder");
    this.#notice("camera", problem);
  }

  #arrange(open) {
    byId("open-camera").hidden = open;
    byId("stop-camera").hidden = !open;
    byId("camera-choice").hidden = !open;
    byId("live").hidden = !open;
    byId("pictures-hint").hidden = open; // so that the camera's picture is seen without scrolling
  }

  async #listCameras() {
    const cameras = await this.#camera.list();
    byId("cameras").replaceChildren(...cameras.map(({ id, name }) => new Option(name, id)));
    if (this.#opened?.id) { byId("cameras").value = this.#opened.id; }
    for (const part of [byId("cameras"), byId("cameras").labels[0]]) { part.hidden = cameras.length < 2; }
    byId("turn-camera").hidden = cameras.length < 2 || !this.#opened?.facing;
  }

  #show(views, size) {
    this.#board.show(views.map(({ number, box, shown, track }) => ({
      key: number,
      box,
      verdict: shown.verdict,
      words: captionOf(number, shown),
      counted: shown.label !== "not_face",
      guess: this.#extras.on ? track.guess : null,
    })), size);
    const { people, searchSeconds } = this.#watch;
    const told = people === 1 ? "1 person so far" : `${people} people so far`;
    this.#board.tell(`${told}. A search takes ${Math.round(100 * searchSeconds) * 10} ms.`);
    this.#announce(views);
  }

  /** A percentage that changes is no news; a verdict is. */
  #announce(views) {
    const present = new Set(views.map(({ number }) => number));
    for (const { number, shown } of views) {
      const before = this.#verdicts.get(number);
      if (before === shown.verdict) { continue; }
      this.#verdicts.set(number, shown.verdict);
      if (shown.verdict !== UNCERTAIN) {
        this.#announcer.tell(`#${number} ${nameOf(shown.label)}`);
      } else if (before) {
        this.#announcer.tell(`#${number} unsure`);
      }
    }
    for (const [number, verdict] of this.#verdicts) {
      if (present.has(number)) { continue; }
      this.#verdicts.delete(number);
      if (verdict !== UNCERTAIN) { this.#announcer.tell(`#${number} gone`); }
    }
  }

  /** One face at a time, the one whose guess is oldest. */
  async #guess(views, pixels) {
    if (!this.#extras.idle || views.length === 0) { return; }
    const { box, track } = views.reduce((one, other) => (
      other.track.guessed < one.track.guessed ? other : one));
    track.guessed = performance.now();
    const picture = { width: pixels.width, height: pixels.height, cut: (part) => partOf(pixels, part) };
    track.guess = await this.#extras.guess(picture, box) ?? track.guess;
  }

  #notice(kind, problem) {
    if (problem) { this.#notices.show(kind, wordsOf(problem)); } else { this.#notices.clear(kind); }
  }
}
