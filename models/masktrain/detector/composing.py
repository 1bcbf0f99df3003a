"""Training pictures: parts of scenes, mosaics of several, and faces pasted from crops with their context."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from masktrain.detector.finishing import finish
from masktrain.detector.masking import load_masked
from masktrain.detector.pictures import Composed, Floats, Source, size_of
from masktrain.detector.windows import window


@dataclass(frozen=True)
class Composer:
    """Makes training pictures.

    Attributes
    ----------
    scenes, crops, distractors : sequence of Source
        What to make them from; distractors show no face, and there may be none.
    side : int
        Of the square pictures, in pixels.
    mosaic_odds : float
        Share of pictures put together from four.
    crop_odds : float
        Share of a mosaic's parts that come from crops, not scenes.
    paste_odds : float
        Share of parts of scenes onto which crops are pasted.
    distractor_odds : float
        Share of the pasted crops that show no face.
    mask_odds : float
        Share of the bare faces with known landmarks that get a drawn mask.
    sizes : tuple of float
        Side in pixels of the smallest and the largest face at which a part is aimed.
    """

    scenes: Sequence[Source]
    crops: Sequence[Source]
    distractors: Sequence[Source] = ()
    side: int = 320
    mosaic_odds: float = 0.4
    crop_odds: float = 0.5
    paste_odds: float = 0.35
    distractor_odds: float = 0.35
    mask_odds: float = 0.3
    sizes: tuple[float, float] = (13.0, 230.0)

    def compose(self, rng: np.random.Generator) -> Composed:
        """Return one picture, square, of `side` pixels."""
        if rng.random() < self.mosaic_odds:
            picture = self._mosaic(rng)
        else:
            picture = self._part(self.scenes, self.side, self.side, rng)
        if rng.random() < 0.5:
            picture = picture.mirrored()
        return replace(picture, rgb=finish(picture.rgb, rng))

    def _mosaic(self, rng: np.random.Generator) -> Composed:
        cut_x, cut_y = (int(self.side * rng.uniform(0.3, 0.7)) for _ in range(2))
        rgb = np.empty((self.side, self.side, 3), np.uint8)
        known: list[tuple[Floats, Floats, Floats]] = []
        for x1, x2 in ((0, cut_x), (cut_x, self.side)):
            for y1, y2 in ((0, cut_y), (cut_y, self.side)):
                sources = self.crops if rng.random() < self.crop_odds else self.scenes
                part = self._part(sources, x2 - x1, y2 - y1, rng)
                rgb[y1:y2, x1:x2] = part.rgb
                known.append(part.moved(np.ones(2, np.float32), np.array([x1, y1], np.float32)))
        boxes, ignored, points = (np.concatenate(parts) for parts in zip(*known, strict=True))
        return Composed(rgb, boxes, ignored, points)

    def _part(self, sources: Sequence[Source], width: int, height: int, rng: np.random.Generator) -> Composed:
        """Cut a window out of a random source, scaled so that one of its faces has a random size."""
        whole = load_masked(_any(sources, rng), self.mask_odds, rng)
        rows, columns = whole.rgb.shape[:2]
        fit = min(width / columns, height / rows)
        low, high = np.log(0.8 * fit), np.log(max(1.6 * fit, 1.2))
        scale = float(np.exp(rng.uniform(low, high)))
        if len(whole.boxes):
            x1, y1, x2, y2 = whole.boxes[rng.integers(len(whole.boxes))]
            face = float(max(1.0, (x2 - x1) * (y2 - y1))) ** 0.5
            scale = float(np.clip(scale, self.sizes[0] / face, self.sizes[1] / face))
            middle = ((x1 + x2) / 2, (y1 + y2) / 2)
        else:
            middle = (columns * rng.random(), rows * rng.random())
        part = window(whole, scale, middle, (width, height), rng)
        return self._paste(part, rng) if sources is self.scenes and rng.random() < self.paste_odds else part

    def _paste(self, part: Composed, rng: np.random.Generator) -> Composed:
        """Lay up to three crops with their context over places where no face is known."""
        rgb = part.rgb.copy()
        boxes, points = [part.boxes], [part.points]
        taken = [*part.boxes, *part.ignored]
        for _ in range(rng.integers(1, 4)):
            distracts = bool(self.distractors) and rng.random() < self.distractor_odds
            crop = load_masked(_any(self.distractors if distracts else self.crops, rng), self.mask_odds, rng)
            most = min(rgb.shape[:2]) * 0.6
            side = float(np.exp(rng.uniform(np.log(20.0), np.log(max(most, 21.0)))))
            scale = side / max(crop.rgb.shape[:2])
            width, height = (max(8, round(length * scale)) for length in crop.rgb.shape[1::-1])
            if width >= rgb.shape[1] or height >= rgb.shape[0]:
                continue
            left, top = int(rng.integers(rgb.shape[1] - width)), int(rng.integers(rgb.shape[0] - height))
            place = np.array([left, top, left + width, top + height], np.float32)
            if any(_meets(place, box) for box in taken):
                continue
            small = cv2.resize(crop.rgb, (width, height), interpolation=cv2.INTER_AREA)
            rgb[top : top + height, left : left + width] = small
            stretch = np.array([width, height], np.float32) / size_of(crop.rgb)
            moved, _, marks = crop.moved(stretch, np.array([left, top], np.float32))
            boxes.append(moved)
            points.append(marks)
            taken.append(place)
        return Composed(rgb, np.concatenate(boxes), part.ignored, np.concatenate(points))


def _any(sources: Sequence[Source], rng: np.random.Generator) -> Source:
    return sources[int(rng.integers(len(sources)))]


def _meets(one: Floats, other: Floats) -> bool:
    return bool((np.minimum(one[2:], other[2:]) > np.maximum(one[:2], other[:2])).all())
