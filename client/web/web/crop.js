/** From a face box to the crop that travels: the rule of the desktop client. */

import { roundEven, withMargin } from "./geometry.js";
import { PageProblem } from "./problems.js";
import { fittingSize, shrink } from "./scaling.js";

/**
 * How a crop is written: `oversampling` is how many times the model's input size its longest side may
 * have, `quality` that of the JPEG file, 1 to 100.
 * @typedef {{oversampling: number, quality: number}} CropFormat
 */

/** For pictures, of which each face is asked about once. @type {CropFormat} */
export const PICTURE = Object.freeze({ oversampling: 2, quality: 90 });
/** For cameras, which ask again and again. @type {CropFormat} */
export const CAMERA = Object.freeze({ oversampling: 1, quality: 75 });

/**
 * Cut a face out of a picture, as the model was trained.
 * @param {{width: number, height: number, cut: (box: import("./geometry.js").Box) =>
 *   import("./scaling.js").Pixels}} picture Upright; `cut` gives the pixels of one of its parts.
 * @param {import("./geometry.js").Box} box The face, in the picture's pixels.
 * @param {{crop_margin: number, input_size: [number, number]}} model Of `GET v1/model`; the size is
 *   height and width in pixels.
 * @param {CropFormat} format
 * @returns {Promise<Blob>} A JPEG file.
 */
export async function cutCrop(picture, box, model, format) {
  const { data, width, height } = scaledCrop(picture, box, model, format);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  return new Promise((resolve, reject) => {
    const done = (blob) => (blob ? resolve(blob) : reject(new PageProblem("no-picture")));
    canvas.toBlob(done, "image/jpeg", format.quality / 100);
  });
}

/**
 * The pixels of which `cutCrop` makes a file; the parameters are the same.
 * @returns {import("./scaling.js").Pixels}
 */
export function scaledCrop(picture, box, model, format) {
  const around = withMargin(box, model.crop_margin, picture.width, picture.height);
  const limit = roundEven(format.oversampling * Math.max(...model.input_size));
  const cut = picture.cut(around);
  return shrink(cut, ...fittingSize(cut.width, cut.height, limit));
}

/**
 * A part of a frame whose pixels are at hand.
 * @param {import("./scaling.js").Pixels} pixels The frame.
 * @param {import("./geometry.js").Box} box In whole pixels, inside the frame.
 * @returns {import("./scaling.js").Pixels}
 */
export function partOf(pixels, box) {
  const [width, height] = [box.x2 - box.x1, box.y2 - box.y1];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < height; row += 1) {
    const start = 4 * ((box.y1 + row) * pixels.width + box.x1);
    data.set(pixels.data.subarray(start, start + 4 * width), 4 * row * width);
  }
  return { data, width, height };
}
