"""Cuts masks, and whole faces, out of training pictures, in face coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from masktrain.geometry import FaceGeometry, Points

SPAN = ((-1.45, 1.45), (-0.25, 1.5))
"""What a patch shows, in face coordinates: u from left to right, v from top to bottom."""
SIDE = 128
"""Width and height of a patch in pixels: 44 for a distance between the eyes."""

# Distances in CIELAB: lightness counts half, for cloth is shaded; below the limit colours are alike.
_LAB = np.array([0.5, 1.0, 1.0], np.float32)
_ALIKE = 8.0
_UNLIKE_SKIN, _MOST_SKIN = 22.0, 0.03

Pixels = npt.NDArray[np.uint8]
FloatMap = npt.NDArray[np.float32]

# Where a worn mask surely is, most likely is, and can be at all, in face coordinates. Set by eye
# on masked training faces; the landmarks of a masked face are uncertain by about 0.1.
_CORE = ((-0.42, 0.50), (0.42, 0.50), (0.38, 0.86), (-0.38, 0.86))
_LIKELY = ((0.0, 0.16), (0.35, 0.24), (0.95, 0.40), (0.85, 0.85), (0.40, 1.10))
_POSSIBLE = ((0.0, -0.02), (0.40, 0.02), (1.25, 0.18), (1.15, 0.95), (0.60, 1.36), (0.0, 1.36))
# GrabCut takes 10 ms for a face of this side, 49 ms at `SIDE`, and 0.94 of what it cuts is the same.
_CUT_SIDE = 64
_ROUNDS = 3
_SEED = 0
# What a cut must look like to be a well-worn mask and nothing else: its edges at the middle of the
# face, its half width on either side at the mouth, and how much of its convex hull it fills.
_TOP, _BOTTOM, _HALF_WIDTH, _SOLIDITY = (0.02, 0.36), (0.92, 1.34), (0.65, 1.3), 0.88


@dataclass(frozen=True, eq=False)
class Patch:
    """A mask or a bare face, laid flat.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (SIDE, SIDE, 4)
        RGB and coverage, 0..255, over `SPAN`.
    skin : ndarray of float, shape (2, 3)
        Median RGB, 0..255, of the skin around the left and the right eye: the light it was seen in.
    top, bottom : float
        Its edges at the middle of the face, in face coordinates.
    """

    pixels: Pixels
    skin: npt.NDArray[np.float64]
    top: float
    bottom: float

    def mirrored(self) -> Self:
        """Return the patch as a mirror shows it."""
        return replace(self, pixels=self.pixels[:, ::-1], skin=self.skin[::-1])


def cut_mask(picture: Image.Image, face: FaceGeometry) -> Patch | None:
    """Cut a well-worn mask out of a picture.

    Parameters
    ----------
    picture : PIL.Image.Image
        Mode ``RGB``.
    face : FaceGeometry
        Landmarks in the picture's pixels.

    Returns
    -------
    Patch or None
        None where what was found does not have the shape of a mask that covers nose, mouth and
        chin. The same picture always gives the same patch.
    """
    flat = _flatten(picture, face)
    skin = skin_colour(picture, face)
    shape = _largest(_segment(flat))
    edges = _edges(shape)
    if edges is None or not _is_cloth(flat, shape, edges[0], skin):
        # GrabCut loses dark masks to dark hair; where the likely place shows no skin, it is a mask.
        shape = np.zeros((SIDE, SIDE), np.uint8)
        _fill(shape, _both_sides(_LIKELY), 1)
        edges = _edges(shape)
        if edges is None or _skin_share(flat, shape, skin) > _MOST_SKIN:
            return None
    # The outermost pixels are half skin.
    inner = cv2.erode(shape, np.ones((3, 3), np.uint8)) * np.uint8(255)
    coverage = cv2.GaussianBlur(inner, (0, 0), 0.8)
    return Patch(np.dstack([flat, coverage]), skin, *edges)


def cut_face(picture: Image.Image, face: FaceGeometry) -> Patch:
    """Lay a bare face flat, whole.

    Parameters
    ----------
    picture : PIL.Image.Image
        Mode ``RGB``.
    face : FaceGeometry
        Landmarks in the picture's pixels.

    Returns
    -------
    Patch
        Covered everywhere.
    """
    flat = _flatten(picture, face)
    whole = np.full((SIDE, SIDE), 255, np.uint8)
    return Patch(np.dstack([flat, whole]), skin_colour(picture, face), *SPAN[1])


def skin_colour(picture: Image.Image, face: FaceGeometry) -> npt.NDArray[np.float64]:
    """Return the median RGB around the left and the right eye, shape (2, 3), 0..255.

    The mask covers the rest of the skin; eyes and hair are the smaller part of this place.
    """
    u, v = np.meshgrid(np.linspace(0.15, 0.65, 6), np.linspace(-0.25, 0.14, 7))
    right = np.stack([u.ravel(), v.ravel()], axis=1)
    points = face.to_picture(np.concatenate([right * (-1.0, 1.0), right]))
    x, y = np.clip(points.astype(int), 0, np.array(picture.size) - 1).T
    colours = np.asarray(picture)[y, x].reshape(2, -1, 3)
    return np.asarray(np.median(colours, axis=1))


def sample(pixels: Pixels, places: FloatMap) -> FloatMap:
    """Look a patch up at places on the face.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (SIDE, SIDE, channels)
        Of a patch.
    places : ndarray of float32, shape (height, width, 2)
        ``(u, v)``.

    Returns
    -------
    ndarray of float32, shape (height, width, channels) or (height, width)
        0..255; outside `SPAN` zero.
    """
    low, high = np.array(SPAN, np.float32).T
    spots = (places - low) * (SIDE / (high - low)) - np.float32(0.5)
    laid = cv2.remap(np.ascontiguousarray(pixels), spots, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
    return np.asarray(laid, dtype=np.float32)


def _flatten(picture: Image.Image, face: FaceGeometry) -> Pixels:
    """Lay a face flat, shape (SIDE, SIDE, 3); the picture's edge is repeated beyond it."""
    (left, right), (top, bottom) = SPAN
    steps = (np.arange(SIDE) + 0.5) / SIDE
    u, v = np.meshgrid(left + steps * (right - left), top + steps * (bottom - top))
    spots = face.to_picture(np.stack([u.ravel(), v.ravel()], axis=1)) - 0.5
    grid = spots.reshape(SIDE, SIDE, 2).astype(np.float32)
    flat = cv2.remap(np.asarray(picture), grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(flat, dtype=np.uint8)


def _both_sides(half: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [*half, *((-u, v) for u, v in reversed(half))]


def _pixel(points: Points) -> Points:
    low, high = np.array(SPAN).T
    return np.asarray((points - low) / (high - low) * SIDE)


def _fill(marks: Pixels, corners: Sequence[tuple[float, float]], value: int) -> None:
    cv2.fillPoly(marks, [np.rint(_pixel(np.array(corners))).astype(np.int32)], value)


def _segment(flat: Pixels) -> Pixels:
    """Tell the mask from all else by its colours, shape (SIDE, SIDE): 1 where it is."""
    marks = np.full((SIDE, SIDE), cv2.GC_BGD, np.uint8)
    _fill(marks, _both_sides(_POSSIBLE), cv2.GC_PR_BGD)
    _fill(marks, _both_sides(_LIKELY), cv2.GC_PR_FGD)
    _fill(marks, _CORE, cv2.GC_FGD)
    small = cv2.resize(flat, (_CUT_SIDE, _CUT_SIDE), interpolation=cv2.INTER_AREA)
    marks = cv2.resize(marks, (_CUT_SIDE, _CUT_SIDE), interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    cv2.setRNGSeed(_SEED)  # GrabCut starts its colour models with k-means
    cv2.grabCut(small, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    found = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * np.uint8(255)
    smooth = cv2.GaussianBlur(cv2.resize(found, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), (0, 0), 2.0)
    return (smooth > 127).astype(np.uint8)


def _is_cloth(flat: Pixels, shape: Pixels, top: float, skin: npt.NDArray[np.float64]) -> bool:
    """Tell whether the cut begins with cloth: a bare nose above the mask would come along with it.

    The colour of the uppermost fifth at the middle must be nearer to that of the mask's own middle
    than to the skin's, unless the two can hardly be told apart.
    """
    (left, right), (low, high) = SPAN
    per_u, per_v = SIDE / (right - left), SIDE / (high - low)
    columns = slice(round(SIDE / 2 - 0.2 * per_u), round(SIDE / 2 + 0.2 * per_u))

    def colour(start: float, end: float) -> npt.NDArray[np.float64]:
        rows = slice(round((start - low) * per_v), round((end - low) * per_v))
        kept = shape[rows, columns] > 0
        return np.asarray(np.median(flat[rows, columns][kept], axis=0))

    upper, middle, bare = _lab([colour(top, top + 0.2), colour(0.5, 0.85), skin.mean(axis=0)])
    to_middle, to_skin = float(np.linalg.norm(upper - middle)), float(np.linalg.norm(upper - bare))
    return to_middle <= max(_ALIKE, 0.8 * to_skin)


def _skin_share(flat: Pixels, shape: Pixels, skin: npt.NDArray[np.float64]) -> float:
    """Return the share of a shape's pixels that look like skin, 0 to 1."""
    seen = _lab(np.concatenate([flat[shape > 0], skin.mean(axis=0)[None]]))
    return float((np.linalg.norm(seen[:-1] - seen[-1], axis=1) < _UNLIKE_SKIN).mean())


def _lab(colours: npt.ArrayLike) -> FloatMap:
    """Return RGB colours, shape (n, 3), 0..255, in CIELAB, lightness halved."""
    scaled = np.asarray(colours, np.float32)[None] / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2Lab)[0] * _LAB)


def _largest(shape: Pixels) -> Pixels:
    """Keep the largest piece without straps, and close its holes."""
    opened = cv2.morphologyEx(shape, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    outlines, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    kept = np.zeros_like(shape)
    if outlines:
        cv2.drawContours(kept, [max(outlines, key=cv2.contourArea)], -1, 1, cv2.FILLED)
    return kept


def _edges(shape: Pixels) -> tuple[float, float] | None:
    """Return top and bottom at the middle of the face, or None where it is no well-worn mask."""
    (left, right), (low, high) = SPAN
    per_u, per_v = SIDE / (right - left), SIDE / (high - low)
    middle = shape[:, SIDE // 2 - 4 : SIDE // 2 + 4]
    if not middle.any(axis=0).all():
        return None
    top = low + float(np.median(middle.argmax(axis=0))) / per_v
    bottom = high - float(np.median(middle[::-1].argmax(axis=0))) / per_v
    mouth = shape[round((0.65 - low) * per_v)]
    halves = (float(mouth[: SIDE // 2].sum()) / per_u, float(mouth[SIDE // 2 :].sum()) / per_u)
    outline = cv2.findNonZero(shape)
    solid = float(shape.sum()) >= _SOLIDITY * cv2.contourArea(cv2.convexHull(outline))
    fits = solid and _TOP[0] <= top <= _TOP[1] and _BOTTOM[0] <= bottom <= _BOTTOM[1]
    return (
        (top, bottom) if fits and all(_HALF_WIDTH[0] <= half <= _HALF_WIDTH[1] for half in halves) else None
    )
