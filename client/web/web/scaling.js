/**
 * Makes pixels smaller with a triangle filter as wide as the step between the new pixels, which is what
 * Pillow calls bilinear and the classifier learnt from. Browsers differ in how their canvas scales.
 */

/**
 * Pixels of a picture: RGBA, 0..255, `4 * width * height` bytes.
 * @typedef {{data: Uint8ClampedArray, width: number, height: number}} Pixels
 */

/**
 * The size that fits a square and keeps the proportions; never larger than the picture.
 * @param {number} width In pixels.
 * @param {number} height In pixels.
 * @param {number} limit Side of the square, in pixels.
 * @returns {[number, number]} Width and height, at least one pixel each.
 */
export function fittingSize(width, height, limit) {
  if (width <= limit && height <= limit) { return [width, height]; }
  const aspect = width / height;
  const nearest = (side, error) => Math.max(1, error(Math.ceil(side)) < error(Math.floor(side))
    ? Math.ceil(side) : Math.floor(side));
  if (aspect <= 1) { return [nearest(limit * aspect, (side) => Math.abs(aspect - side / limit)), limit]; }
  const error = (side) => (side === 0 ? 0 : Math.abs(aspect - limit / side));
  return [limit, nearest(limit / aspect, error)];
}

/**
 * Make a picture smaller.
 * @param {Pixels} pixels Opaque.
 * @param {number} width Of the result, in pixels; no larger than the picture's.
 * @param {number} height Of the result, in pixels; no larger than the picture's.
 * @returns {Pixels}
 */
export function shrink(pixels, width, height) {
  if (width === pixels.width && height === pixels.height) { return pixels; }
  const across = weights(pixels.width, width);
  const down = weights(pixels.height, height);
  const narrow = new Uint8ClampedArray(4 * width * pixels.height).fill(255);
  for (let y = 0; y < pixels.height; y += 1) {
    const row = 4 * y * pixels.width;
    across.forEach((taps, x) => blend(pixels.data, row, 4, taps, narrow, 4 * (y * width + x)));
  }
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  down.forEach((taps, y) => {
    for (let x = 0; x < width; x += 1) { blend(narrow, 4 * x, 4 * width, taps, data, 4 * (y * width + x)); }
  });
  return { data, width, height };
}

/** For each new pixel the first old one that counts, and the shares of this and the next ones. */
function weights(before, after) {
  const step = before / after;
  return Array.from({ length: after }, (_, place) => {
    const middle = (place + 0.5) * step;
    const first = Math.max(0, Math.floor(middle - step + 0.5));
    const end = Math.min(before, Math.floor(middle + step + 0.5));
    const raw = Array.from({ length: end - first }, (__, tap) => (
      Math.max(0, 1 - Math.abs((first + tap + 0.5 - middle) / step))));
    const sum = raw.reduce((total, value) => total + value, 0);
    return { first, shares: raw.map((value) => value / sum) };
  });
}

function blend(from, start, stride, { first, shares }, to, place) {
  let red = 0;
  let green = 0;
  let blue = 0;
  let at = start + first * stride;
  for (const share of shares) {
    red += share * from[at];
    green += share * from[at + 1];
    blue += share * from[at + 2];
    at += stride;
  }
  to[place] = red;
  to[place + 1] = green;
  to[place + 2] = blue;
}
