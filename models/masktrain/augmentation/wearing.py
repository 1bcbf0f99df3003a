"""Lays a cut-out mask on another face, in that face's light."""

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from masktrain.augmentation.cutout import SPAN, FloatMap, Patch, sample, skin_colour
from masktrain.augmentation.draw import strap_coverage
from masktrain.augmentation.style import MaskStyle
from masktrain.geometry import FaceGeometry

# ITU-R BT.601, as Pillow's mode L.
_LUMA = np.array([0.299, 0.587, 0.114])
# Light may differ by this much between the two pictures; beyond it the grain would show.
_GAIN = (0.35, 2.2)
# How much of the difference in the skins' brightness is the light's; the rest is the skins' own.
_FOLLOWED = 0.6
# White cloth is not lit beyond this, or its folds would be lost.
_WHITE = 243.0


def wear(
    picture: Image.Image,
    face: FaceGeometry,
    patch: Patch,
    style: MaskStyle,
    rng: np.random.Generator,
    shape: Patch | None = None,
) -> Image.Image:
    """Lay a patch on a face.

    Parameters
    ----------
    picture : PIL.Image.Image
        Mode ``RGB``; not changed.
    face : FaceGeometry
        Landmarks in the picture's pixels.
    patch : Patch
        A mask; or with ``shape`` a whole face, which keeps its place.
    style : MaskStyle
        Its ``top``, ``bottom`` and ``placement`` say where the edges come to lie.
    rng : numpy.random.Generator
        Varies tilt, width and light.
    shape : Patch, optional
        The mask whose outline is cut from ``patch``.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``, the same size.
    """
    region = _region(face, picture.size, style)
    if region is None:
        return picture.copy()
    below = np.asarray(picture.crop(region), dtype=np.float32)
    places = _face_coordinates(face, region)
    laid = _lay(places, shape or patch, style, rng)
    cloth = sample(patch.pixels[..., :3], laid if shape is None else places)
    coverage = sample((shape or patch).pixels[..., 3], laid) / np.float32(255)
    softness = max(0.5, face.eye_distance / 70)
    coverage = np.asarray(cv2.GaussianBlur(coverage, (0, 0), softness), dtype=np.float32)
    gain = _gain(skin_colour(picture, face), patch, places[..., 0], rng, cloth=shape is None)
    if shape is None:
        if style.straps:
            below = _with_straps(below, face, patch, style, region, rng)
        below = below * _shadow(coverage, face.eye_distance, rng)[..., None]
    blended = below + coverage[..., None] * (np.clip(cloth * gain, 0, 255) - below)
    result = picture.copy()
    result.paste(Image.fromarray(np.clip(np.rint(blended), 0, 255).astype(np.uint8)), region[:2])
    return result


def _region(face: FaceGeometry, size: tuple[int, int], style: MaskStyle) -> tuple[int, int, int, int] | None:
    """Return what part of a picture a patch can touch, or None where that is nothing."""
    (left, right), _ = SPAN
    top, bottom = style.top - 0.3, style.bottom + 0.25
    corners = face.to_picture(np.array([(left, top), (right, top), (right, bottom), (left, bottom)]))
    x1, y1 = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int).tolist()
    x2, y2 = np.minimum(np.ceil(corners.max(axis=0)), size).astype(int).tolist()
    return (x1, y1, x2, y2) if x2 - x1 >= 2 and y2 - y1 >= 2 else None


def _face_coordinates(face: FaceGeometry, region: tuple[int, int, int, int]) -> FloatMap:
    """Return ``(u, v)`` of every pixel of a region, shape (height, width, 2)."""
    x1, y1, x2, y2 = region
    x, y = np.meshgrid(np.arange(x1, x2) + 0.5, np.arange(y1, y2) + 0.5)
    places = face.to_face(np.stack([x.ravel(), y.ravel()], axis=1))
    return places.reshape(y2 - y1, x2 - x1, 2).astype(np.float32)


def _lay(places: FloatMap, patch: Patch, style: MaskStyle, rng: np.random.Generator) -> FloatMap:
    """Return which place of the patch comes to lie at each place of the face."""
    tilt = rng.normal(0.0, 0.03)
    # A mask on the chin hangs slack between the loops, and the jaw is narrower than the cheeks.
    width = rng.uniform(0.82, 0.95) if style.placement == "on_chin" else rng.uniform(0.95, 1.08)
    u, v = places[..., 0], places[..., 1]
    stretch = (patch.bottom - patch.top) / (style.bottom - style.top)
    laid = np.stack([u / width, patch.top + (v - tilt * u - style.top) * stretch], axis=-1)
    return np.asarray(laid, dtype=np.float32)


def _gain(
    skin: npt.NDArray[np.float64], patch: Patch, u: FloatMap, rng: np.random.Generator, *, cloth: bool
) -> FloatMap:
    """Return a factor, shape (height, width, 3), that lights a patch as the face is lit.

    Left and right are lit by themselves. Cloth keeps its colour; of skin, half of the colour's
    difference is taken out too.
    """
    luma = (skin @ _LUMA + 8.0) / (patch.skin @ _LUMA + 8.0)
    ratio = np.repeat(luma[:, None], 3, axis=1)
    if cloth:
        seen = patch.pixels[patch.pixels[..., 3] > 128, :3] @ _LUMA
        ratio = np.minimum(
            ratio**_FOLLOWED * np.exp(rng.normal(0.0, 0.1)), _WHITE / max(1.0, np.percentile(seen, 90))
        )
    else:
        ratio = np.sqrt(ratio * (skin + 8.0) / (patch.skin + 8.0))
    left, right = np.clip(ratio, *_GAIN).astype(np.float32)
    share = np.clip(u + np.float32(0.5), 0, 1)[..., None]
    return np.asarray(left + share * (right - left))


def _with_straps(
    below: FloatMap,
    face: FaceGeometry,
    patch: Patch,
    style: MaskStyle,
    region: tuple[int, int, int, int],
    rng: np.random.Generator,
) -> FloatMap:
    """Draw the ear loops that the cut has lost: light ones, black on a dark mask."""
    size = (region[2] - region[0], region[3] - region[1])
    lines = strap_coverage(face, style, np.array(region[:2], dtype=np.float64), size, rng)
    share = np.asarray(lines, dtype=np.float32)[..., None] / np.float32(255)
    seen = np.median(patch.pixels[patch.pixels[..., 3] > 128, :3], axis=0).astype(np.float32)
    colour = (seen + 230) / 2 if seen.sum() > 200 else seen
    return np.asarray(below + share * (colour - below))


def _shadow(coverage: FloatMap, eye_distance: float, rng: np.random.Generator) -> FloatMap:
    """Return how the mask darkens the skin beside and below it, a factor of at most 1."""
    drop = eye_distance * rng.uniform(0.0, 0.06)
    move = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, drop]])
    cast = cv2.warpAffine(coverage, move, coverage.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    cast = cv2.GaussianBlur(cast, (0, 0), max(0.5, eye_distance * 0.05))
    return np.asarray(1.0 - np.float32(rng.uniform(0.0, 0.45)) * cast)
