/** The cameras of this device. */

import { cameraProblem, PageProblem } from "./problems.js";

/** Size that is asked for, in pixels: enough for a group, and quickly searched. */
const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 } };

/**
 * An open camera. `facing` is `user`, `environment`, or null where the device does not say.
 * @typedef {{id: string | null, facing: string | null}} Opened
 */

/** Opens one camera at a time and shows it in a video element. */
export class Camera {
  #video;
  #gone;
  #stream = null;
  #turn = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {() => void} gone Called when a camera that was open stops by itself.
   */
  constructor(video, gone) {
    this.#video = video;
    this.#gone = gone;
  }

  /**
   * Open a camera, in place of the one that is open.
   * @param {{id?: string | null, facing?: string}} wanted Which: by id, or by where it looks.
   * @returns {Promise<Opened | null>} Null if another was opened or all were closed meanwhile.
   * @throws {PageProblem}
   */
  async open({ id = null, facing = "user" } = {}) {
    if (!navigator.mediaDevices?.getUserMedia) { throw new PageProblem("not-secure"); }
    this.close(); // which begins another turn
    const turn = this.#turn;
    try {
      return await this.#begin(id ? { deviceId: { exact: id } } : { facingMode: facing }, turn);
    } catch (error) {
      if (turn !== this.#turn) { return null; } // nobody waits for this one any more
      throw error;
    }
  }

  async #begin(which, turn) {
    const stream = await streamOf(which);
    if (turn !== this.#turn) {
      stop(stream);
      return null;
    }
    this.#show(stream);
    await playing(this.#video);
    if (turn !== this.#turn) { return null; }
    const settings = stream.getVideoTracks()[0].getSettings();
    return { id: settings.deviceId ?? null, facing: settings.facingMode ?? null };
  }

  /** Close the camera, if one is open. */
  close() {
    this.#turn += 1;
    if (this.#stream) { stop(this.#stream); }
    this.#stream = null;
    this.#video.srcObject = null;
  }

  /**
   * The cameras that there are; their names are known only once one was allowed.
   * @returns {Promise<{id: string, name: string}[]>}
   */
  async list() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput").map(({ deviceId, label }, place) => (
      { id: deviceId, name: label || `Camera ${place + 1}` }));
  }

  #show(stream) {
    this.#stream = stream;
    this.#video.srcObject = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (stream === this.#stream) {
        this.close();
        this.#gone();
      }
    });
  }
}

async function streamOf(which) {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...WANTED, ...which } });
  } catch (error) {
    throw cameraProblem(error);
  }
}

async function playing(video) {
  try {
    await video.play();
  } catch (error) {
    if (error.name !== "AbortError") { throw cameraProblem(error); } // closed before it began
  }
}

function stop(stream) {
  for (const track of stream.getTracks()) { track.stop(); }
}
