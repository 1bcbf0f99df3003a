"""Cuts a window out of a picture at a scale, and takes along what is known of the picture."""

import cv2
import numpy as np

from masktrain.detector.pictures import Composed, Floats, Rgb, size_of

_LEAST_SEEN = 0.5
"""Share of a box inside the picture from which it is still a face to find; less is ignored."""
_LEAST_SIDE = 8.0
"""Short side in pixels under which a face is ignored: half a cell of the finest scale and its neighbours."""


def window(
    whole: Composed,
    scale: float,
    middle: tuple[float, float],
    size: tuple[int, int],
    rng: np.random.Generator,
) -> Composed:
    """Scale a picture and cut a window that holds a point; what lies outside is filled.

    Parameters
    ----------
    whole : Composed
        The picture.
    scale : float
        Factor of its sides.
    middle : tuple of float
        x, y in the picture's pixels: the point that the window holds.
    size : tuple of int
        Width and height of the window in pixels.
    rng : numpy.random.Generator
        Where in the window the point lies, and whether what lies outside is black or the
        picture's mean.
    """
    width, height = size
    shrunk = _shrunk(whole.rgb, scale)
    stretch = size_of(shrunk) / size_of(whole.rgb)
    rest = max(1.0, scale)
    corner = [
        _edge(place * scale, side, whole.rgb.shape[axis] * scale, rng)
        for place, side, axis in ((middle[0], width, 1), (middle[1], height, 0))
    ]
    move = np.array([[rest, 0.0, -corner[0]], [0.0, rest, -corner[1]]])
    fill = tuple(float(value) for value in cv2.mean(shrunk)[:3]) if rng.random() < 0.5 else (0.0, 0.0, 0.0)
    rgb = cv2.warpAffine(shrunk, move, size, flags=cv2.INTER_LINEAR, borderValue=fill)
    boxes, ignored, points = whole.moved(stretch * np.float32(rest), -np.array(corner, np.float32))
    return _clip(Composed(np.asarray(rgb, dtype=np.uint8), boxes, ignored, points))


def _shrunk(rgb: Rgb, scale: float) -> Rgb:
    """Scale a picture down, averaged, as the exported detector does; leave it where it is to grow."""
    if scale >= 1.0:
        return rgb
    size = [max(1, round(side * scale)) for side in rgb.shape[1::-1]]
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _edge(place: float, side: int, whole: float, rng: np.random.Generator) -> float:
    """Return where along an axis a window begins: it rather shows more of the picture than of nothing."""
    room = whole - side
    return float(np.clip(place - side * rng.uniform(0.15, 0.85), min(0.0, room), max(0.0, room)))


def _clip(part: Composed) -> Composed:
    """Cut boxes at the picture's edge; ignore faces that are mostly outside or tiny."""
    limits = np.tile(size_of(part.rgb), 2)
    inside = np.clip(part.boxes, 0.0, limits)
    sides = inside[:, 2:] - inside[:, :2]
    seen = sides.prod(1) / np.maximum((part.boxes[:, 2:] - part.boxes[:, :2]).prod(1), 1e-6)
    there = (sides > 0).all(1)
    faces = there & (seen >= _LEAST_SEEN) & (sides.min(1) >= _LEAST_SIDE)
    ignored: Floats = np.clip(part.ignored, 0.0, limits)
    ignored = ignored[((ignored[:, 2:] - ignored[:, :2]) > 0).all(1)]
    return Composed(
        part.rgb, inside[faces], np.concatenate([ignored, inside[there & ~faces]]), part.points[faces]
    )
