/** Runs the face detector in a thread of its own. See `finder.js` for what is said to it. */

import * as ort from "./vendor/ort/ort.wasm.bundle.min.mjs";

const MODEL = "./face_detector.onnx";
const WASM = "./vendor/ort/ort-wasm-simd-threaded.wasm";

let session = null;
let threshold = 1;
let canvas = null;

/** Fetched by name of its type: a gateway passes binary files on only to who asks for theirs. */
async function bytesOf(path, type) {
  const response = await fetch(new URL(path, import.meta.url), { headers: { Accept: type } });
  if (!response.ok) { throw new Error(`${path}: HTTP ${response.status}`); }
  return new Uint8Array(await response.arrayBuffer());
}

async function load(message) {
  threshold = message.threshold;
  // One thread: more need cross-origin isolation, which whoever embeds the page may not have.
  ort.env.wasm.numThreads = 1;
  const [wasm, model] = await Promise.all([
    bytesOf(WASM, "application/wasm"), bytesOf(MODEL, "application/octet-stream")]);
  ort.env.wasm.wasmBinary = wasm.buffer;
  session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  return { reply: {} };
}

async function find({ bitmap, keep }) {
  const started = performance.now();
  const { width, height } = bitmap;
  const pixels = pixelsOf(bitmap);
  const picture = new ort.Tensor("uint8", withoutAlpha(pixels), [height, width, 3]);
  const { boxes, scores } = await session.run({ picture }, ["boxes", "scores"]);
  const faces = [];
  scores.data.forEach((score, place) => {
    const [x1, y1, x2, y2] = boxes.data.subarray(4 * place, 4 * place + 4);
    if (score >= threshold) { faces.push({ outline: { x1, y1, x2, y2 }, score }); }
  });
  const reply = { faces, width, height, seconds: (performance.now() - started) / 1000 };
  return keep ? { reply: { ...reply, data: pixels }, moved: [pixels.buffer] } : { reply };
}

function pixelsOf(bitmap) {
  const { width, height } = bitmap;
  if (canvas?.width !== width || canvas?.height !== height) { canvas = new OffscreenCanvas(width, height); }
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff"; // what is transparent lies on white, as for the client
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height).data;
}

function withoutAlpha(rgba) {
  const rgb = new Uint8Array(rgba.length / 4 * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return rgb;
}

self.onmessage = async ({ data: { number, ...message } }) => {
  try {
    const { reply, moved = [] } = await (message.kind === "load" ? load(message) : find(message));
    self.postMessage({ number, reply }, moved);
  } catch (error) {
    self.postMessage({ number, failure: String(error) });
  }
};
