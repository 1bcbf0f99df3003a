/** Guesses contour, age, gender and emotion of one face, in a thread of its own. See `guessing.js`. */

import { Human } from "./vendor/human/human.esm.js";

const OFF = { enabled: false };

/** All from beside the page, nothing kept, and nothing computed that is not shown. */
const CONFIG = {
  modelBasePath: new URL("./vendor/human/models/", import.meta.url).href,
  cacheModels: false,
  cacheSensitivity: 0,
  warmup: "none",
  debug: false,
  filter: OFF,
  gesture: OFF,
  body: OFF,
  hand: OFF,
  object: OFF,
  segmentation: OFF,
  face: {
    enabled: true,
    detector: { rotation: false, maxDetected: 1, minConfidence: 0.1 },
    mesh: { enabled: true },
    iris: OFF,
    description: { enabled: true, minConfidence: 0 },
    emotion: { enabled: true, minConfidence: 0 },
    antispoof: OFF,
    liveness: OFF,
  },
};

let human = null;

/** Its WebAssembly backend is not part of what is installed; without WebGL the plain one is left. */
function backends() {
  const hasWebGl = new OffscreenCanvas(1, 1).getContext("webgl2") !== null;
  return hasWebGl ? ["humangl", "cpu"] : ["cpu"];
}

async function load() {
  for (const backend of backends()) {
    human = new Human({ ...CONFIG, backend });
    await human.load();
    if (human.tf.getBackend() === backend) { return { backend }; }
  }
  throw new Error("No backend works.");
}

async function guess({ data, width, height }) {
  const result = await human.detect(new ImageData(data, width, height));
  const [face] = result.face;
  if (!face) { return null; }
  const outline = face.annotations?.silhouette ?? [];
  return {
    contour: outline.map(([x, y]) => [x, y]),
    age: face.age ?? null,
    gender: face.gender && face.gender !== "unknown" ? face.gender : null,
    emotion: face.emotion?.[0]?.emotion ?? null,
  };
}

self.onmessage = async ({ data: { number, ...message } }) => {
  try {
    self.postMessage({ number, reply: await (message.kind === "load" ? load() : guess(message)) });
  } catch (error) {
    self.postMessage({ number, failure: String(error) });
  }
};
