// Runs the rules of the try-it page. Told: the folder of its modules; on standard input a list of tasks,
// [name, argument]. Answers with the list of results.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.argv[2]}/`);
const load = (name) => import(new URL(`${name}.js`, folder));
const [api, asking, consensus, courier, crop, geometry] = await Promise.all(
  ["api", "asking", "consensus", "courier", "crop", "geometry"].map(load));
const [overlay, scaling, tracks, watching, wording] = await Promise.all(
  ["overlay", "scaling", "tracks", "watching", "wording"].map(load));

const pixelsOf = ({ rgba, width, height }) => ({ data: Uint8ClampedArray.from(rgba), width, height });

const tasks = {
  constants: () => ({
    asking, consensus, tracks, courier, watching, batching: { MAX_CROPS: api.MAX_CROPS },
    crop: { PICTURE: crop.PICTURE, CAMERA: crop.CAMERA },
    overlay: { VERDICT_COLOURS: overlay.VERDICT_COLOURS, OTHER_COLOUR: overlay.OTHER_COLOUR },
    words: wording.VERDICTS,
  }),
  roundEven: (values) => values.map(geometry.roundEven),
  wholePixels: (cases) => cases.map(([box, size]) => geometry.wholePixels(box, ...size)),
  withMargin: (cases) => cases.map(([box, margin, size]) => geometry.withMargin(box, margin, ...size)),
  within: (cases) => cases.map(([box, size]) => geometry.within(box, ...size)),
  overlap: (cases) => cases.map(([one, other]) => geometry.overlap(one, other)),
  fittingSize: (cases) => cases.map((values) => scaling.fittingSize(...values)),
  plateCorner: (cases) => cases.map((values) => overlay.plateCorner(...values)),
  percent: (values) => values.map(wording.percent),
  caption: (judgements) => judgements.map(wording.caption),
  captionOf: (cases) => cases.map((values) => wording.captionOf(...values)),
  lookOf: ({ picture, boxes }) => {
    const pixels = pixelsOf(picture);
    return boxes.map((box) => [...asking.lookOf(pixels, box)]);
  },
  scaledCrop: ({ picture, boxes, model, format }) => {
    const pixels = pixelsOf(picture);
    const cut = (part) => crop.partOf(pixels, part);
    return boxes.map((box) => {
      const { data, width, height } = crop.scaledCrop({ ...pixels, cut }, box, model, format);
      return { rgba: [...data], width, height };
    });
  },
  consensus: ({ maxAge, steps }) => {
    const kept = new consensus.Consensus(maxAge);
    return steps.map(([judgement, now]) => {
      if (judgement) { kept.add(judgement, now); } else { kept.age(now); }
      return { ...kept.shown, settled: kept.settled };
    });
  },
  asking: ({ interval, steps }) => {
    const kept = new asking.Asking(interval);
    return steps.map(({ now, settled, look, lost }) => {
      const due = kept.due(now, settled, Float32Array.from(look));
      if (due) { kept.asked(now, Float32Array.from(look)); }
      if (due && lost) { kept.unanswered(); }
      return due;
    });
  },
  tracks: ({ steps }) => {
    const kept = new tracks.Tracker((number, outline, now) => ({ number, outline, found: now, followed: now }));
    return steps.map(({ finds, now }) => {
      kept.update(finds, now);
      const gone = kept.expire(now).map(({ number }) => number);
      return { gone, count: kept.count, tracks: kept.tracks.map(({ number, outline }) => ({ number, outline })) };
    });
  },
};

const told = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(told.map(([name, argument]) => tasks[name](argument))));
