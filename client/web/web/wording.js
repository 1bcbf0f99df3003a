/** What people read: labels, reasons and verdicts, in the words of the desktop client. */

import { roundEven } from "./geometry.js";

const LABELS = {
  with_mask: "mask",
  incorrect_mask: "mask worn badly",
  without_mask: "no mask",
  not_face: "not a face",
};
const REASONS = {
  "low-confidence": "low confidence",
  "not-a-face": "not a face",
  "too-small": "too small",
  "too-dark": "too dark",
  "too-blurred": "too blurred",
};

/** The verdicts in the words of the wall, in the order in which they are counted. */
export const VERDICTS = {
  compliant: "mask",
  violation: "no proper mask",
  uncertain: "unsure",
  rejected: "not judged",
};

/**
 * A label's name in words; that of one that this version does not know is the label.
 * @param {string} label
 * @returns {string}
 */
export function nameOf(label) {
  return Object.hasOwn(LABELS, label) ? LABELS[label] : label;
}

/**
 * Reasons in words, with commas between them.
 * @param {string[]} reasons
 * @returns {string}
 */
function namesOf(reasons) {
  return reasons.map((reason) => (Object.hasOwn(REASONS, reason) ? REASONS[reason] : reason)).join(", ");
}

/**
 * A probability for people, such as `98%`; never 100%, which nobody can know.
 * @param {number} confidence 0 to 1.
 * @returns {string}
 */
export function percent(confidence) {
  return `${Math.min(roundEven(confidence * 100), 99)}%`;
}

/**
 * Say in few words what is to be said about a face in a picture.
 * @param {import("./consensus.js").Judgement | null} judgement Null if there is none.
 * @returns {string}
 */
export function caption(judgement) {
  if (judgement === null) { return "not judged"; }
  const seen = `${nameOf(judgement.label)} ${percent(judgement.confidence)}`;
  if (judgement.verdict === "rejected") { return namesOf(judgement.reasons) || seen; }
  return judgement.verdict === "uncertain" ? `unsure: ${seen}` : seen;
}

/**
 * Say in few words what is known of a face before the camera.
 * @param {number} number Of its track.
 * @param {import("./consensus.js").Shown} shown
 * @returns {string}
 */
export function captionOf(number, shown) {
  if (shown.label === null) {
    return `#${number} unsure${shown.reasons.length ? `: ${namesOf(shown.reasons)}` : ""}`;
  }
  if (shown.verdict === "rejected" && shown.reasons.length) { return `#${number} ${namesOf(shown.reasons)}`; }
  return `#${number} ${nameOf(shown.label)} ${percent(shown.confidence)}`;
}
