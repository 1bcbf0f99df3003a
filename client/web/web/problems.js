/** What can go wrong, and the words for it: what happened, and what to do. */

/** The API gave no answer that can be used. */
export class ApiProblem extends Error {
  /**
   * @param {string} kind One of those of `wordsOf`.
   * @param {{status?: number | null, detail?: string | null, retryAfter?: number | null}} told The HTTP
   *   status, the API's own words, and the seconds after which it wants to be asked again.
   */
  constructor(kind, { status = null, detail = null, retryAfter = null } = {}) {
    super(kind);
    this.name = "ApiProblem";
    this.kind = kind;
    this.status = status;
    this.detail = detail;
    this.retryAfter = retryAfter;
    /** @type {string | null} The key that was sent. */
    this.key = null;
  }
}

/** Something of the page itself, the camera or a picture failed; `kind` is one of `WORDS`. */
export class PageProblem extends Error {
  /** @param {string} kind */
  constructor(kind) {
    super(kind);
    this.name = "PageProblem";
    this.kind = kind;
  }
}

const API_WORDS = {
  offline: "This device is offline. Faces are still found, but not judged; this goes on by itself once the "
    + "connection is back.",
  unreachable: "The API does not answer. Faces are still found, but not judged; the page keeps trying. If it "
    + "stays so, ask whoever runs the API.",
  slow: "The API has not answered yet. Faces are still found; on a slow connection it helps to wait.",
  timeout: "The API did not answer in time. The page keeps trying; on a slow connection it may help to wait.",
  unavailable: "The API cannot answer at present{said}. The page keeps trying.",
  limited: "The API limits how much it answers{said}. The page asks again in {wait} s.",
  "too-large": "The API finds this too large{said}. Take a smaller picture, or one of fewer people.",
  missing: "There is no MaskCheck API beside this page{said}. Open the page at the address of the API.",
  rejected: "The API rejected the request{said}. Try another picture; if it stays so, reload the page.",
  invalid: "The answer is not one of a MaskCheck API. Open the page at the address of the API.",
};

const PAGE_WORDS = {
  "permission-denied": "The browser does not let this page use the camera. Allow it (the camera or lock sign "
    + "beside the address), then open the camera again. Pictures work without.",
  "no-camera": "No camera was found. Connect one, then open the camera again, or choose pictures.",
  "camera-in-use": "The camera could not be started: another program may be using it. Close that program, "
    + "then open the camera again.",
  "camera-gone": "The camera stopped: it was unplugged, or taken by another program. Connect it, then open "
    + "the camera again.",
  "camera-silent": "The camera delivers no picture. If it has a cover or a switch, open it; else stop the "
    + "camera and open it again.",
  "not-secure": "Browsers lend the camera only to pages served over HTTPS or from this very computer. Open "
    + "this page at an https address. Pictures work without.",
  "old-browser": "This browser is too old for this page: finding faces needs WebAssembly, module workers and "
    + "OffscreenCanvas. Update it, or use a present Chrome, Edge, Firefox or Safari.",
  "no-finder": "The face finder could not be loaded, or stopped. The page tries again; if it stays so, "
    + "reload the page.",
  "no-extras": "The extras could not be loaded, or stopped. Everything else goes on; switch them on again to "
    + "try once more.",
  "no-picture": "it is not a picture that this browser can read, or it is broken. Take a JPEG, PNG or WebP "
    + "file.",
  "too-many": "Only the first {most} pictures were taken. Remove some, then add more.",
};

/** What the names of the errors of `getUserMedia` mean; any other is told as a camera in use. */
const CAMERA_ERRORS = {
  NotAllowedError: "permission-denied",
  SecurityError: "permission-denied",
  NotFoundError: "no-camera",
  OverconstrainedError: "no-camera",
};

/**
 * Say what happened and what to do.
 * @param {ApiProblem | PageProblem} problem
 * @param {{keySent?: boolean, wait?: number}} how Whether a key was sent, and the seconds until the API is
 *   asked again.
 * @returns {string}
 */
export function wordsOf(problem, { keySent = false, wait = 0 } = {}) {
  if (problem instanceof PageProblem) { return PAGE_WORDS[problem.kind]; }
  if (problem.kind === "refused") {
    return keySent
      ? `The API refused this key${saidBy(problem)}. Check it, and enter it again.`
      : `The API wants a key${saidBy(problem)}. Enter it below; whoever runs the API has it.`;
  }
  const seconds = String(Math.ceil(wait));
  return API_WORDS[problem.kind].replace("{said}", () => saidBy(problem)).replace("{wait}", seconds);
}

/**
 * Say that more pictures were given than are kept.
 * @param {number} most
 * @returns {string}
 */
export function tooManyWords(most) {
  return PAGE_WORDS["too-many"].replace("{most}", String(most));
}

/**
 * What keeps the camera from being opened, by the error that the browser gives.
 * @param {DOMException} error Of `getUserMedia`.
 * @returns {PageProblem}
 */
export function cameraProblem(error) {
  return new PageProblem(CAMERA_ERRORS[error.name] ?? "camera-in-use");
}

function saidBy({ status, detail }) {
  if (status === null) { return ""; }
  const words = detail ? `: ${detail.slice(0, 200).replace(/\.$/, "")}` : "";
  return ` (HTTP ${status}${words})`;
}
