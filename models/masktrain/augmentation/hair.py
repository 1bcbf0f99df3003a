"""Beards, stubble, and hair that falls over a face."""

import cv2
import numpy as np
import numpy.typing as npt

from masktrain.augmentation.canvas import Canvas, rounded
from masktrain.geometry import Points

# Black, dark brown, brown, fair, ginger, grey, white: RGB under good light.
_HAIR = (
    (24, 20, 20),
    (46, 34, 28),
    (84, 60, 42),
    (150, 116, 76),
    (132, 70, 38),
    (128, 124, 120),
    (206, 202, 196),
)
_HAIR_ODDS = (0.36, 0.22, 0.16, 0.06, 0.06, 0.09, 0.05)
# Half of the outlines of a full beard, and of its parts, from the side to the middle (face
# coordinates). The lips lie between 0.55 and 0.70.
_CHEEKS = ((1.0, 0.22), (0.92, 0.45), (0.62, 0.62), (0.42, 0.72), (0.22, 0.77), (0.0, 0.78))
_JAW = ((1.06, 0.3), (0.98, 0.72), (0.66, 1.02), (0.3, 1.14), (0.0, 1.18))
_GOATEE = (
    ((0.34, 0.6), (0.3, 0.75), (0.15, 0.77), (0.0, 0.77)),
    ((0.42, 0.58), (0.42, 0.85), (0.26, 1.1), (0.0, 1.14)),
)
_MOUSTACHE = (
    ((0.0, 0.465), (0.2, 0.47), (0.42, 0.58), (0.44, 0.68)),
    ((0.0, 0.535), (0.2, 0.54), (0.34, 0.60), (0.38, 0.7)),
)


def draw_beard(canvas: Canvas, rng: np.random.Generator) -> None:
    """Grow a beard, a goatee, a moustache or stubble; lips and nose stay visible.

    Parameters
    ----------
    canvas : Canvas
        Of a bare face; drawn on in place.
    rng : numpy.random.Generator
        Decides shape, length and colour.
    """
    colour = _hair_colour(canvas, rng)
    length = float(rng.choice((0.0, rng.uniform(0.0, 0.12), rng.uniform(0.1, 0.5))))
    kind = rng.random()
    shapes = []
    if kind < 0.65:
        jaw = np.array(_JAW) + np.outer(np.linspace(0.0, 1.0, len(_JAW)), (0.0, length))
        cheeks = np.array(_CHEEKS)
        cheeks[:3, 1] += rng.uniform(-0.08, 0.08)
        shapes.append(_both_sides(cheeks[::-1], jaw))
    elif kind < 0.85:
        shapes.append(_both_sides(np.array(_GOATEE[0])[::-1], np.array(_GOATEE[1])))
    if kind > 0.85 or rng.random() < 0.75:
        shapes.append(_both_sides(*(np.array(edge) for edge in _MOUSTACHE)))
    stubble = length == 0.0 and rng.random() < 0.6
    density = float(rng.uniform(0.25, 0.55) if stubble else rng.uniform(0.75, 0.97))
    for shape in shapes:
        _grow(canvas, shape, colour, density, rng)


def draw_strands(canvas: Canvas, rng: np.random.Generator) -> None:
    """Let hair fall over the forehead, the eyes or the side of a face.

    Parameters
    ----------
    canvas : Canvas
        Drawn on in place; nose, mouth and chin stay visible between the strands.
    rng : numpy.random.Generator
        Decides how much hair and of what colour.
    """
    colour = _hair_colour(canvas, rng)
    if rng.random() < 0.5:  # a fringe
        count, ends, gather = int(rng.integers(50, 110)), rng.uniform(-0.38, 0.0), rng.uniform(0.75, 1.1)
        roots = np.stack([rng.uniform(-1.1, 1.1, count), rng.uniform(-1.1, -0.7, count)], axis=1)
        parting = rng.normal(0.0, 0.25)
        reach = ends + 0.25 * roots[:, 0] ** 2 + rng.normal(0.0, 0.07, count)
        tips = np.stack([roots[:, 0] * gather + parting + rng.normal(0.0, 0.06, count), reach], axis=1)
        width = float(rng.uniform(0.02, 0.05))
    else:  # long hair at one side, some of it astray
        side = 1.0 if rng.random() < 0.5 else -1.0
        count = int(rng.integers(8, 60))
        roots = np.stack([side * rng.uniform(0.3, 1.0, count), rng.uniform(-1.0, -0.6, count)], axis=1)
        tips = np.stack([side * rng.normal(1.15, 0.16, count), rng.uniform(0.4, 1.6, count)], axis=1)
        width = float(rng.uniform(0.015, 0.045))
    bends = (roots + tips) / 2 + rng.normal(0.0, 0.1, (count, 2))
    t = np.linspace(0.0, 1.0, 6)[:, None, None]
    paths = (1 - t) ** 2 * roots + 2 * t * (1 - t) * bends + t**2 * tips
    curves = list(canvas.place(paths.reshape(-1, 2)).reshape(6, count, 2).swapaxes(0, 1))
    third = max(1, count // 3)
    for start, tone in ((0, 0.75), (third, 1.0), (2 * third, 1.3)):
        if curves[start : start + third]:
            canvas.strokes(
                curves[start : start + third], np.clip(colour * tone, 0, 255), width, opacity=0.85, soft=0.008
            )


def _hair_colour(canvas: Canvas, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    base = np.array(_HAIR[rng.choice(len(_HAIR), p=_HAIR_ODDS)]) + rng.normal(0.0, 6.0, 3)
    return np.clip(canvas.lit(base), 4, 245)


def _both_sides(upper: Points, lower: Points) -> Points:
    """Close two half edges to an outline that is alike left and right; rounded, in face coordinates."""
    if upper[0, 0] > upper[-1, 0]:
        upper = upper[::-1]
    if lower[0, 0] < lower[-1, 0]:
        lower = lower[::-1]
    half = np.concatenate([upper, lower])  # from the middle outwards above, and back below
    mirrored = half[::-1] * (-1.0, 1.0)
    return rounded(np.concatenate([half, mirrored]))


def _grow(
    canvas: Canvas, shape: Points, colour: npt.NDArray[np.float32], density: float, rng: np.random.Generator
) -> None:
    """Cover a shape with short strands of hair: noise drawn out along their direction."""
    outline = canvas.place(shape)
    box = canvas.region(outline, 0.15)
    if box is None:
        return
    left, top, right, bottom = box
    size = (bottom - top, right - left)
    coverage = np.zeros(size, dtype=np.uint8)
    cv2.fillPoly(coverage, [np.rint((outline - (left, top)) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    edge = cv2.GaussianBlur(coverage, (0, 0), max(0.5, 0.05 * canvas.unit)).astype(np.float32) / 255
    grain = rng.standard_normal(size, dtype=np.float32)
    thick, long = max(0.4, 0.012 * canvas.unit), max(0.8, 0.05 * canvas.unit)
    strands = np.asarray(cv2.GaussianBlur(grain, (0, 0), sigmaX=thick, sigmaY=long), dtype=np.float32)
    strands /= float(strands.std()) + 1e-6
    # Hair thins out towards the edge in strands, not evenly.
    alpha = np.clip(edge * 1.25 + 0.16 * strands - 0.12, 0.0, 1.0) * np.sqrt(edge) * np.float32(density)
    tone = colour * (1.0 + 0.22 * strands[..., None]) + 6.0 * strands[..., None]
    canvas.lay(box, np.clip(tone, 0, 255).astype(np.float32), alpha.astype(np.float32))
