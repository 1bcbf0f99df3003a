"""Training pictures: parts of scenes, mosaics of several, and faces pasted from crops with their context."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from masktrain.dataset.samples import Sample
from masktrain.dataset.scenes import SceneBox
from masktrain.errors import DatasetError

Rgb = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.float32]

_LEAST_SEEN = 0.5
"""Share of a box inside the picture from which it is still a face to find; less is ignored."""
_LEAST_SIDE = 8.0
"""Short side in pixels under which a face is ignored: half a cell of the finest scale and its neighbours."""


@dataclass(frozen=True)
class Composed:
    """A picture with what is known of it.

    Attributes
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        RGB.
    boxes : ndarray of float32, shape (n, 4)
        Faces, x1, y1, x2, y2 in pixels.
    ignored : ndarray of float32, shape (m, 4)
        Where nobody knows.
    """

    rgb: Rgb
    boxes: Boxes
    ignored: Boxes


@dataclass(frozen=True)
class Source:
    """A file with boxes: a scene, or a crop whose one face is known."""

    path: Path
    boxes: Sequence[Sequence[float]]
    ignored: Sequence[Sequence[float]] = ()

    def load(self) -> Composed:
        """Read the picture.

        Raises
        ------
        DatasetError
            If it cannot be read.
        """
        bgr = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if bgr is None:
            raise DatasetError(f"{self.path} cannot be read as a picture.")
        return Composed(_rgb(bgr), _array(self.boxes), _array(self.ignored))


def scene_sources(data: Path, scenes: Mapping[str, Sequence[SceneBox]]) -> list[Source]:
    """Return photographs as sources; faces that only a teacher saw are faces, too."""
    return [
        Source(
            data / path,
            [known.box for known in boxes if known.label or known.seen_by_teacher],
            [known.box for known in boxes if not (known.label or known.seen_by_teacher)],
        )
        for path, boxes in scenes.items()
    ]


def crop_sources(samples: Sequence[Sample]) -> list[Source]:
    """Return the crops that show a face as sources."""
    return [Source(sample.path, [sample.box]) for sample in samples if sample.label != "not_face"]


@dataclass(frozen=True)
class Composer:
    """Makes training pictures.

    Attributes
    ----------
    scenes, crops : sequence of Source
        What to make them from.
    side : int
        Of the square pictures, in pixels.
    mosaic_odds : float
        Share of pictures put together from four.
    crop_odds : float
        Share of a mosaic's parts that come from crops, not scenes.
    paste_odds : float
        Share of parts of scenes onto which faces are pasted.
    """

    scenes: Sequence[Source]
    crops: Sequence[Source]
    side: int = 320
    mosaic_odds: float = 0.4
    crop_odds: float = 0.5
    paste_odds: float = 0.3
    sizes: tuple[float, float] = field(default=(14.0, 230.0))

    def compose(self, rng: np.random.Generator) -> Composed:
        """Return one picture, square, of `side` pixels."""
        if rng.random() < self.mosaic_odds:
            return _finish(self._mosaic(rng), rng)
        return _finish(self._part(self.scenes, self.side, self.side, rng), rng)

    def _mosaic(self, rng: np.random.Generator) -> Composed:
        cut_x, cut_y = (int(self.side * rng.uniform(0.3, 0.7)) for _ in range(2))
        rgb = np.empty((self.side, self.side, 3), np.uint8)
        boxes, ignored = [], []
        for x1, x2 in ((0, cut_x), (cut_x, self.side)):
            for y1, y2 in ((0, cut_y), (cut_y, self.side)):
                sources = self.crops if rng.random() < self.crop_odds else self.scenes
                part = self._part(sources, x2 - x1, y2 - y1, rng)
                rgb[y1:y2, x1:x2] = part.rgb
                offset = np.array([x1, y1, x1, y1], np.float32)
                boxes.append(part.boxes + offset)
                ignored.append(part.ignored + offset)
        return Composed(rgb, np.concatenate(boxes), np.concatenate(ignored))

    def _part(self, sources: Sequence[Source], width: int, height: int, rng: np.random.Generator) -> Composed:
        """Cut a window out of a random source, scaled so that one of its faces has a random size."""
        whole = sources[int(rng.integers(len(sources)))].load()
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
        part = _window(whole, scale, middle, (width, height), rng)
        return self._paste(part, rng) if sources is self.scenes and rng.random() < self.paste_odds else part

    def _paste(self, part: Composed, rng: np.random.Generator) -> Composed:
        """Lay up to three crops with their context over places where no face is known."""
        rgb, boxes = part.rgb.copy(), list(part.boxes)
        for _ in range(rng.integers(1, 4)):
            crop = self.crops[int(rng.integers(len(self.crops)))].load()
            most = min(rgb.shape[:2]) * 0.6
            scale = float(np.exp(rng.uniform(np.log(20.0), np.log(max(most, 21.0))))) / max(
                crop.rgb.shape[:2]
            )
            width, height = (max(8, round(side * scale)) for side in crop.rgb.shape[1::-1])
            if width >= rgb.shape[1] or height >= rgb.shape[0]:
                continue
            left = int(rng.integers(rgb.shape[1] - width))
            top = int(rng.integers(rgb.shape[0] - height))
            place = np.array([left, top, left + width, top + height], np.float32)
            if any(_meets(place, box) for box in [*boxes, *part.ignored]):
                continue
            rgb[top : top + height, left : left + width] = cv2.resize(
                crop.rgb, (width, height), interpolation=cv2.INTER_AREA
            )
            ratio = np.array([width / crop.rgb.shape[1], height / crop.rgb.shape[0]] * 2, np.float32)
            boxes += list(crop.boxes * ratio + np.array([left, top, left, top], np.float32))
        return Composed(rgb, _array(boxes), part.ignored)


def _window(
    whole: Composed,
    scale: float,
    middle: tuple[float, float],
    size: tuple[int, int],
    rng: np.random.Generator,
) -> Composed:
    """Scale a picture and cut a window that holds a point; what lies outside is filled with its mean."""
    width, height = size
    shrunk = whole.rgb
    if scale < 1.0:  # averaged, as the exported detector scales pictures down
        small = [max(1, round(side * scale)) for side in whole.rgb.shape[1::-1]]
        shrunk = np.asarray(cv2.resize(whole.rgb, small, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    x_scale, y_scale = shrunk.shape[1] / whole.rgb.shape[1], shrunk.shape[0] / whole.rgb.shape[0]
    rest = scale if scale >= 1.0 else 1.0
    left = middle[0] * scale - width * rng.uniform(0.15, 0.85)
    top = middle[1] * scale - height * rng.uniform(0.15, 0.85)
    if columns_fit := whole.rgb.shape[1] * scale - width:  # rather show more of the picture than of nothing
        left = float(np.clip(left, min(0.0, columns_fit), max(0.0, columns_fit)))
    if rows_fit := whole.rgb.shape[0] * scale - height:
        top = float(np.clip(top, min(0.0, rows_fit), max(0.0, rows_fit)))
    move = np.array([[rest, 0.0, -left], [0.0, rest, -top]])
    fill = tuple(float(value) for value in cv2.mean(shrunk)[:3]) if rng.random() < 0.5 else (0.0, 0.0, 0.0)
    rgb = cv2.warpAffine(shrunk, move, size, flags=cv2.INTER_LINEAR, borderValue=fill)
    ratio = np.array([x_scale * rest, y_scale * rest] * 2, np.float32)
    offset = np.array([left, top, left, top], np.float32)
    return _clip(Composed(_rgb_as(rgb), whole.boxes * ratio - offset, whole.ignored * ratio - offset))


def _clip(part: Composed) -> Composed:
    """Cut boxes at the picture's edge; ignore faces that are mostly outside or tiny."""
    height, width = part.rgb.shape[:2]
    limits = np.array([width, height, width, height], np.float32)
    inside = np.clip(part.boxes, 0.0, limits)
    sides = inside[:, 2:] - inside[:, :2]
    seen = sides.prod(1) / np.maximum((part.boxes[:, 2:] - part.boxes[:, :2]).prod(1), 1e-6)
    there = (sides > 0).all(1)
    faces = there & (seen >= _LEAST_SEEN) & (sides.min(1) >= _LEAST_SIDE)
    ignored = np.clip(part.ignored, 0.0, limits)
    ignored = ignored[((ignored[:, 2:] - ignored[:, :2]) > 0).all(1)]
    return Composed(part.rgb, inside[faces], np.concatenate([ignored, inside[there & ~faces]]))


def _finish(picture: Composed, rng: np.random.Generator) -> Composed:
    """Mirror, recolour, blur and compress a picture at random."""
    rgb, boxes, ignored = picture.rgb, picture.boxes, picture.ignored
    if rng.random() < 0.5:
        rgb = rgb[:, ::-1]
        boxes, ignored = (_mirrored(values, rgb.shape[1]) for values in (boxes, ignored))
    pixels = rgb.astype(np.float32)
    if rng.random() < 0.7:
        gain = np.exp(rng.normal(0.0, 0.12, 3) + rng.normal(0.0, 0.3)).astype(np.float32)
        mean = pixels.mean()
        pixels = (pixels - mean) * np.float32(rng.uniform(0.7, 1.3)) + mean
        pixels *= gain
    if rng.random() < 0.12:
        pixels = np.repeat(pixels.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.15:
        blurred = cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.5, 1.6)))
        pixels = np.asarray(blurred, dtype=np.float32)
    if rng.random() < 0.15:
        pixels = pixels + rng.normal(0.0, rng.uniform(2.0, 12.0), pixels.shape[:2])[..., None].astype(
            np.float32
        )
    rgb = np.clip(pixels, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))]
        rgb = _rgb_as(np.asarray(cv2.imdecode(cv2.imencode(".jpg", rgb, quality)[1], cv2.IMREAD_COLOR)))
    return Composed(np.ascontiguousarray(rgb), boxes, ignored)


def _mirrored(boxes: Boxes, width: int) -> Boxes:
    return np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], 1)


def _meets(one: Boxes, other: Boxes) -> bool:
    return bool((np.minimum(one[2:], other[2:]) > np.maximum(one[:2], other[:2])).all())


def _array(boxes: Sequence[Sequence[float]] | Sequence[Boxes]) -> Boxes:
    return np.array(boxes, np.float32).reshape(-1, 4)


def _rgb(bgr: npt.NDArray[np.generic]) -> Rgb:
    return np.ascontiguousarray(np.asarray(bgr)[:, :, ::-1], dtype=np.uint8)


def _rgb_as(array: npt.NDArray[np.generic]) -> Rgb:
    return np.asarray(array, dtype=np.uint8)
