"""Hands in front of a face."""

import numpy as np
import numpy.typing as npt

from masktrain.augmentation.canvas import Canvas, rounded
from masktrain.geometry import Points

# A hand in its own coordinates: the origin at the knuckles, y along the fingers, in distances
# between the eyes (63 mm). Finger breadth 17 mm, lengths 65 to 80 mm, palm 80 x 100 mm: adult
# medians of anthropometric tables (Pheasant and Haslegrave, "Bodyspace", 2006), rounded.
_FINGER_BREADTH = 0.28
_FINGERS = ((-0.46, 0.98), (-0.16, 1.2), (0.15, 1.22), (0.44, 0.92))
_CURLED = 0.45
_PALM = ((-0.62, 0.12), (0.60, 0.12), (0.62, -0.5), (0.48, -1.5), (-0.48, -1.5), (-0.64, -0.6))
_FOREARM = ((-0.48, -1.2), (0.48, -1.2), (0.62, -4.5), (-0.62, -4.5))
# Where fingertips go on bare faces: face coordinates of mouth, nose, chin, cheek and far cheek.
_TARGETS = ((0.0, 0.58), (0.0, 0.38), (0.1, 0.95), (0.75, 0.35), (-0.6, 0.55))
_TARGET_ODDS = (0.3, 0.15, 0.2, 0.15, 0.2)
# On masked faces they stay at the mask's edges: cheek, and under the chin.
_EDGE_TARGETS = ((1.05, 0.35), (0.95, 0.75), (0.3, 1.08), (0.0, 1.12))
# Part of a face that tells how a mask is worn, as a grid of face coordinates.
_CORE = np.stack(np.meshgrid(np.linspace(-0.6, 0.6, 7), np.linspace(0.2, 1.1, 9)), axis=-1).reshape(-1, 2)
_TRIES = 4


def draw_hand(canvas: Canvas, rng: np.random.Generator, *, masked: bool, most_covered: float = 1.0) -> None:
    """Draw one hand that touches or covers the lower face.

    Parameters
    ----------
    canvas : Canvas
        Drawn on in place; left as it is where no hand was found that covers little enough.
    rng : numpy.random.Generator
        Decides pose, skin and light.
    masked : bool
        Keep to the edges of a mask.
    most_covered : float
        Greatest share of the nose, mouth and chin the hand may cover, 0 to 1.
    """
    for _ in range(_TRIES):
        parts = _pose(canvas, rng, masked=masked)
        if most_covered >= 1.0 or covered_share(canvas, parts) <= most_covered:
            break
    else:
        return
    skin = np.array(canvas.skin(rng, masked=masked), dtype=np.float32)
    soft = float(rng.uniform(0.015, 0.04))
    shade = rng.uniform(0.15, 0.45)
    forearm, palm, *fingers = parts
    if rng.random() < 0.4:
        sleeve = canvas.lit(rng.uniform(15, 235) + rng.uniform(-25, 25, 3)).clip(0, 255)
        canvas.fill(forearm, sleeve, soft=soft, roundness=0.5, shadow=shade)
    else:
        canvas.fill(forearm, skin * 0.95, soft=soft, roundness=0.45, shadow=shade)
    canvas.fill(palm, skin, soft=soft, roundness=0.4, shadow=shade)
    for finger in fingers:
        tone = skin * np.float32(rng.uniform(0.93, 1.07))
        canvas.fill(finger, tone, soft=soft, roundness=0.14, shadow=shade)
    if rng.random() < 0.5:
        for finger in fingers:
            _nail(canvas, finger, skin)


def covered_share(canvas: Canvas, parts: list[Points]) -> float:
    """Return which share of nose, mouth and chin polygons in pixels would cover, 0 to 1."""
    core = canvas.place(_CORE)
    hidden = np.zeros(len(core), dtype=bool)
    for part in parts:
        hidden |= _inside(core, part)
    return float(hidden.mean())


def _inside(points: Points, polygon: Points) -> npt.NDArray[np.bool_]:
    """Tell which points lie in a polygon, by the number of edges to their right."""
    x, y = points[:, :1], points[:, 1:]
    start, end = polygon, np.roll(polygon, -1, axis=0)
    crosses = (start[:, 1] > y) != (end[:, 1] > y)
    rise = np.where(end[:, 1] == start[:, 1], 1.0, end[:, 1] - start[:, 1])
    meets = start[:, 0] + (y - start[:, 1]) / rise * (end[:, 0] - start[:, 0])
    return np.asarray((crosses & (x < meets)).sum(axis=1) % 2 == 1)


def _pose(canvas: Canvas, rng: np.random.Generator, *, masked: bool) -> list[Points]:
    """Choose a hand: forearm, palm, and from one to five fingers, as polygons in pixels."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    if masked:
        u, v = _EDGE_TARGETS[rng.integers(len(_EDGE_TARGETS))]
        lean = rng.uniform(-15.0, 35.0)
    else:
        u, v = _TARGETS[rng.choice(len(_TARGETS), p=_TARGET_ODDS)]
        lean = rng.uniform(55.0, 100.0) if u < 0 else rng.uniform(-20.0, 70.0)
    tip = canvas.place([(side * u + rng.normal(0.0, 0.1), v + rng.normal(0.0, 0.06))])[0]
    size = rng.uniform(0.85, 1.1)
    stretched = int(rng.choice(5, p=(0.1, 0.2, 0.15, 0.15, 0.4)))
    order = np.argsort(np.abs(np.arange(4) - rng.choice((1, 2))))
    lengths = np.array([length for _, length in _FINGERS])
    lengths[order[stretched:]] = _CURLED
    spread = rng.uniform(0.0, 0.16)
    shapes = [_FOREARM, rounded(_PALM)]
    shapes += [
        _finger(base, length, base * spread)
        for (base, _), length in zip(_FINGERS, lengths.tolist(), strict=True)
    ]
    if rng.random() < 0.6:
        shapes.append(_finger(0.55, 0.9, 0.5 + rng.uniform(-0.2, 0.3), start=-0.75))
    angle = np.deg2rad(-side * lean) + _tilt(canvas)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    reach = float(lengths.max()) * 0.9
    scale = size * canvas.unit
    mirrored = np.array([side, -1.0])
    # Pictures count y downwards: fingers that point up have a negative y.
    return [tip + ((np.asarray(shape) - (0.0, reach)) * mirrored) @ turn * scale for shape in shapes]


def _tilt(canvas: Canvas) -> float:
    """Return the angle by which the head leans to the viewer's right, in radians."""
    (x1, y1), (x2, y2) = canvas.face.left_eye, canvas.face.right_eye
    return float(np.arctan2(y2 - y1, x2 - x1))


def _finger(base: float, length: float, lean: float, start: float = -0.1) -> Points:
    """Return a finger's outline in hand coordinates: a capsule that narrows towards its tip."""
    half = _FINGER_BREADTH / 2
    round_tip = np.linspace(0.0, np.pi, 7)
    tip = np.stack([0.85 * half * np.cos(round_tip), length - half + half * np.sin(round_tip)], axis=1)
    outline = np.concatenate([[(half, 0.0)], tip, [(-half, 0.0)]])
    cos, sin = np.cos(lean), np.sin(lean)
    turned = outline @ np.array([[cos, -sin], [sin, cos]])
    return np.asarray(turned + np.array([base, start]))


def _nail(canvas: Canvas, finger: Points, skin: npt.NDArray[np.float32]) -> None:
    """Put a nail near the tip: the middle of a finger's outline."""
    tip = finger[len(finger) // 2]
    root = (finger[0] + finger[-1]) / 2
    along = (root - tip) / max(1e-6, float(np.hypot(*(root - tip))))
    across = np.array([-along[1], along[0]])
    centre = tip + along * 0.12 * canvas.unit
    turn = np.linspace(0.0, 2.0 * np.pi, 10, endpoint=False)[:, None]
    oval = centre + canvas.unit * (0.08 * np.cos(turn) * across + 0.11 * np.sin(turn) * along)
    canvas.fill(oval, np.minimum(255, skin * (1.12, 1.02, 1.04)), soft=0.015, opacity=0.55)
