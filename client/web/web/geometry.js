/** Boxes, and the one way in which their numbers are rounded. */

/**
 * A rectangle in the picture's pixels; the second corner is just outside it.
 * @typedef {{x1: number, y1: number, x2: number, y2: number}} Box
 */

/**
 * Round to the nearest whole number, halves to the even one, as Python's `round` does.
 * @param {number} value
 * @returns {number}
 */
export function roundEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) { return rest < 0.5 ? below : below + 1; }
  return below % 2 === 0 ? below : below + 1;
}

/**
 * Round a box to pixels inside the picture, leaving at least one pixel.
 * @param {Box} box In pixels, between pixels too; it may reach beyond the picture.
 * @param {number} width Of the picture, in pixels.
 * @param {number} height Of the picture, in pixels.
 * @returns {Box} Whole numbers.
 */
export function wholePixels(box, width, height) {
  const x1 = Math.min(Math.max(0, roundEven(box.x1)), width - 1);
  const y1 = Math.min(Math.max(0, roundEven(box.y1)), height - 1);
  const x2 = Math.max(x1 + 1, Math.min(width, roundEven(box.x2)));
  const y2 = Math.max(y1 + 1, Math.min(height, roundEven(box.y2)));
  return { x1, y1, x2, y2 };
}

/**
 * Add the margin and clamp to the picture, leaving at least one pixel.
 * @param {Box} box The face, in whole pixels.
 * @param {number} margin Share of the box's width and height to add on each side.
 * @param {number} width Of the picture, in pixels.
 * @param {number} height Of the picture, in pixels.
 * @returns {Box} Whole numbers.
 */
export function withMargin(box, margin, width, height) {
  const dx = (box.x2 - box.x1) * margin;
  const dy = (box.y2 - box.y1) * margin;
  const around = { x1: box.x1 - dx, y1: box.y1 - dy, x2: box.x2 + dx, y2: box.y2 + dy };
  return wholePixels(around, width, height);
}

/**
 * The part of a box inside a picture, in whole pixels.
 * @param {Box} box In pixels, between pixels too.
 * @param {number} width Of the picture, in pixels.
 * @param {number} height Of the picture, in pixels.
 * @returns {Box | null} Null if nothing is inside.
 */
export function within(box, width, height) {
  const x1 = Math.max(0, roundEven(box.x1));
  const y1 = Math.max(0, roundEven(box.y1));
  const x2 = Math.min(width, roundEven(box.x2));
  const y2 = Math.min(height, roundEven(box.y2));
  return x1 < x2 && y1 < y2 ? { x1, y1, x2, y2 } : null;
}

/**
 * Intersection over union, 0 to 1.
 * @param {Box} one
 * @param {Box} other
 * @returns {number}
 */
export function overlap(one, other) {
  const width = Math.min(one.x2, other.x2) - Math.max(one.x1, other.x1);
  const height = Math.min(one.y2, other.y2) - Math.max(one.y1, other.y1);
  if (width <= 0 || height <= 0) { return 0; }
  const shared = width * height;
  return shared / (area(one) + area(other) - shared);
}

/**
 * Put faces in the order in which the client lists them: from left to right.
 * @template {{box: Box}} T
 * @param {T[]} faces
 * @returns {T[]} A new list.
 */
export function fromLeftToRight(faces) {
  const corners = ["x1", "y1", "x2", "y2"];
  return [...faces].sort((one, other) => {
    const differing = corners.find((corner) => one.box[corner] !== other.box[corner]);
    return differing ? one.box[differing] - other.box[differing] : 0;
  });
}

function area(box) {
  return (box.x2 - box.x1) * (box.y2 - box.y1);
}
