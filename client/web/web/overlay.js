/** What is drawn over a picture: a box per face and a few words, coloured by verdict as in the client. */

import { overlap } from "./geometry.js";

/** Okabe and Ito, "Color Universal Design" (2008): told apart by colour-blind people too. */
export const VERDICT_COLOURS = {
  compliant: "rgb(0, 158, 115)",
  violation: "rgb(213, 94, 0)",
  uncertain: "rgb(240, 228, 66)",
};
/** Rejected, not judged, and any verdict that this version does not know. */
export const OTHER_COLOUR = "rgb(153, 153, 153)";

const INK = "rgb(0, 0, 0)";
const PAPER = "rgb(255, 255, 255)";
const FONT = "system-ui, sans-serif";
const LEAST_TEXT_PX = 12;
const LEAST_GUESS_PX = 11;
const MOST_TEXT_PX = 22;
const TEXT_SHARE = 1 / 32; // of the picture's longest side as it is shown
const LINE_SHARE = 1 / 160;

/**
 * What is drawn of one face. `box` is in the picture's pixels; without `text` the box is thin. `guess` is a
 * second line, and `contour` points in shares of the box's width and height; both may be missing.
 * @typedef {{box: import("./geometry.js").Box, verdict: string, text: string | null,
 *   guess?: string | null, contour?: [number, number][] | null}} Mark
 */

/**
 * Draw boxes and words over a picture.
 *
 * Boxes have a dark seam and words stand on a plate, so that both can be read on any background. Words are
 * made smaller, and moved, until they lie inside the picture.
 * @param {HTMLCanvasElement} canvas Laid over the picture; what was on it is wiped off.
 * @param {[number, number]} size Width and height of the picture in pixels.
 * @param {Mark[]} marks
 * @param {boolean} mirrored Whether the picture is shown as in a mirror; words never are.
 */
export function drawMarks(canvas, size, marks, mirrored) {
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * density);
  canvas.height = Math.round(canvas.clientHeight * density);
  if (canvas.width === 0 || size[0] === 0) { return; }
  const context = canvas.getContext("2d");
  const scale = canvas.width / size[0];
  const longest = Math.max(canvas.width, canvas.height);
  const line = Math.max(density, Math.round(longest * LINE_SHARE));
  const points = Math.min(Math.max(LEAST_TEXT_PX * density, longest * TEXT_SHARE), MOST_TEXT_PX * density);
  const placed = marks.map((mark) => ({ ...mark, box: onScreen(mark.box, size[0], scale, mirrored) }));
  for (const mark of placed) {
    drawContour(context, mark, mirrored, density);
    drawBox(context, mark, mark.text ? line : density, density);
  }
  const plates = [];
  for (const mark of placed) { // after all boxes: no line crosses a word
    if (mark.text) { plates.push(drawPlate(context, mark, points, plates)); }
  }
  const smaller = Math.max(0.75 * points, LEAST_GUESS_PX * density);
  for (const mark of placed) {
    if (mark.text && mark.guess) { drawGuess(context, mark, smaller, plates); }
  }
}

/**
 * The colour of a verdict.
 * @param {string} verdict
 * @returns {string}
 */
function colourOf(verdict) {
  return Object.hasOwn(VERDICT_COLOURS, verdict) ? VERDICT_COLOURS[verdict] : OTHER_COLOUR;
}

/**
 * Place a plate: above its box, else below it, else inside, and never outside the picture.
 * @param {import("./geometry.js").Box} box The face, in pixels.
 * @param {[number, number]} plate Width and height of the plate in pixels.
 * @param {[number, number]} size Width and height of the picture in pixels.
 * @returns {[number, number]} x and y of the plate's upper left corner.
 */
export function plateCorner(box, plate, size) {
  const [width, height] = plate;
  const x = Math.min(box.x1, size[0] - width);
  let y = box.y1 - height;
  if (y < 0) { y = box.y2 + height <= size[1] ? box.y2 : box.y1; }
  return [Math.max(0, x), Math.max(0, Math.min(y, size[1] - height))];
}

function onScreen(box, width, scale, mirrored) {
  const [x1, x2] = mirrored ? [width - box.x2, width - box.x1] : [box.x1, box.x2];
  return { x1: x1 * scale, y1: box.y1 * scale, x2: x2 * scale, y2: box.y2 * scale };
}

function drawBox(context, { box, verdict }, line, seam) {
  const inset = seam + line / 2;
  const [width, height] = [box.x2 - box.x1 - 2 * inset, box.y2 - box.y1 - 2 * inset];
  for (const [colour, thickness] of [[INK, line + 2 * seam], [colourOf(verdict), line]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(box.x1 + inset, box.y1 + inset, width, height);
  }
}

function drawContour(context, { box, contour }, mirrored, density) {
  if (!contour?.length) { return; }
  const path = new Path2D();
  for (const [across, down] of contour) {
    const share = mirrored ? 1 - across : across;
    path.lineTo(box.x1 + share * (box.x2 - box.x1), box.y1 + down * (box.y2 - box.y1));
  }
  path.closePath();
  context.lineJoin = "round";
  for (const [colour, width] of [[INK, 4], [PAPER, 1.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = width * density;
    context.stroke(path);
  }
}

/** Draw words on a plate: where a plate belongs, or below the box if another plate is there already. */
function drawPlate(context, { box, verdict, text }, points, plates) {
  const { canvas } = context;
  const [width, height, shrunk] = plateSize(context, text, points, canvas.width);
  const [x, y] = plateCorner(box, [width, height], [canvas.width, canvas.height]);
  const places = [y, Math.min(box.y2, canvas.height - height)].map((top) => (
    { x1: x, y1: top, x2: x + width, y2: top + height }));
  const place = places.find((one) => !plates.some((other) => overlap(one, other) > 0)) ?? places[0];
  fillPlate(context, text, [x, place.y1, width, height], colourOf(verdict), shrunk);
  return place;
}

/** A guess stands below its box, or inside at the bottom; where words stand already the list must do. */
function drawGuess(context, { box, guess }, points, plates) {
  const { canvas } = context;
  const [width, height, shrunk] = plateSize(context, guess, points, canvas.width);
  const x = Math.max(0, Math.min(box.x1, canvas.width - width));
  const y = box.y2 + height > canvas.height ? Math.min(box.y2, canvas.height) - height : box.y2;
  const place = { x1: x, y1: y, x2: x + width, y2: y + height };
  if (plates.some((other) => overlap(place, other) > 0)) { return; }
  fillPlate(context, guess, [x, y, width, height], PAPER, shrunk);
  plates.push(place);
}

function plateSize(context, text, points, most) {
  context.font = `${points}px ${FONT}`;
  const natural = context.measureText(text).width + 0.5 * points;
  const shrunk = points * Math.min(1, most / natural);
  return [natural * shrunk / points, 1.4 * shrunk, shrunk];
}

function fillPlate(context, text, [x, y, width, height], ground, points) {
  context.fillStyle = ground;
  context.fillRect(x, y, width, height);
  context.fillStyle = INK;
  context.font = `${points}px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x + width / 2, y + height / 2);
}
