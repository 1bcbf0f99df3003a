/** Reading picture files as a careful viewer shows them: upright, and with their own pixels. */

import { PageProblem } from "./problems.js";
import { fittingSize } from "./scaling.js";

/** Longest side of the copy in which faces are looked for and which is shown, in pixels. */
export const LONGEST_SIDE = 1600;

/**
 * A picture that was read: `cut` gives the pixels of a part of it at full size, `copy` one that is no larger
 * than `LONGEST_SIDE`, for whoever wants to keep it; both may throw a `PageProblem`, as a browser that could
 * read a large picture need not be able to copy it; `close` frees it.
 * @typedef {{width: number, height: number, cut: (box: import("./geometry.js").Box) =>
 *   import("./scaling.js").Pixels, copy: () => Promise<ImageBitmap>, close: () => void}} Picture
 */

/**
 * Read a picture file. The EXIF orientation is applied; colours stay as they are in the file.
 * @param {Blob} file
 * @returns {Promise<Picture>}
 * @throws {PageProblem} If the browser cannot read it.
 */
export async function readPicture(file) {
  const bitmap = await bitmapOf(file, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  const { width, height } = bitmap;
  return {
    width,
    height,
    cut: (box) => cut(bitmap, box),
    copy: () => copy(bitmap, width, height),
    close: () => bitmap.close(),
  };
}

async function bitmapOf(source, how) {
  try {
    return await createImageBitmap(source, how);
  } catch (error) {
    console.warn(error); // for whoever mends it; people read the problem's words
    throw new PageProblem("no-picture");
  }
}

function cut(bitmap, { x1, y1, x2, y2 }) {
  const canvas = new OffscreenCanvas(x2 - x1, y2 - y1);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) { throw new PageProblem("no-picture"); } // there is no memory left for it
  context.fillStyle = "#fff"; // what is transparent lies on white, as for the client
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, -x1, -y1);
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { data, width, height };
}

function copy(bitmap, width, height) {
  const [resizeWidth, resizeHeight] = fittingSize(width, height, LONGEST_SIDE);
  if (resizeWidth === width && resizeHeight === height) { return bitmapOf(bitmap); }
  return bitmapOf(bitmap, { resizeWidth, resizeHeight, resizeQuality: "high" });
}
