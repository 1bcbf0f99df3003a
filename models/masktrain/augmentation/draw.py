"""Draws face masks on bare faces: worn well, or in one of the ways that leave a face bare.

The drawings serve as training pictures and make the project's example pictures. Shapes follow
the three common kinds of mask; colours, patterns, folds, straps and lighting vary, and every
placement is drawn with all of them, so that neither a look nor the drawing itself tells a label.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from masktrain.augmentation.style import (
    KINDS,
    LARGEST_TURN,
    PLACEMENT_LABELS,
    Kind,
    MaskStyle,
    Placement,
    random_style,
    shows,
)
from masktrain.augmentation.texture import Colour, emboss, paint
from masktrain.geometry import FaceGeometry, Points

__all__ = [
    "KINDS",
    "LARGEST_TURN",
    "PLACEMENT_LABELS",
    "Kind",
    "MaskStyle",
    "Placement",
    "draw_mask",
    "random_style",
    "shows",
    "strap_coverage",
]

_SUPERSAMPLING = 2
# A hanging mask: how wide its height appears, in eye distances, and how much of the face's height
# its half width takes.
_HANGING = (0.65, 0.44)


def draw_mask(
    picture: Image.Image, face: FaceGeometry, style: MaskStyle, rng: np.random.Generator
) -> Image.Image:
    """Draw a mask on a face.

    Parameters
    ----------
    picture : PIL.Image.Image
        Mode ``RGB``; not changed.
    face : FaceGeometry
        Landmarks in the picture's pixels.
    style : MaskStyle
        The mask and how it is worn.
    rng : numpy.random.Generator
        For folds, grain and the lay of the straps.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``, the same size.
    """
    outline = face.to_picture(_hang(_outline(style), style))
    margin = face.eye_distance * 0.6
    left, top = np.floor(outline.min(axis=0) - margin).astype(int)
    right, bottom = np.ceil(outline.max(axis=0) + margin).astype(int)
    region = (max(0, left), max(0, top), min(picture.width, right), min(picture.height, bottom))
    if region[2] - region[0] < 2 or region[3] - region[1] < 2:
        return picture.copy()
    below = picture.crop(region)
    origin = np.array(region[:2], dtype=np.float64)
    shape = _polygon_coverage(outline - origin, below.size)
    shape = shape.filter(ImageFilter.GaussianBlur(max(0.4, face.eye_distance / 90)))
    places = _mask_coordinates(face, style, origin, below.size)
    cloth = paint(places, style.colour, style.pattern, style.kind, rng)
    if style.depth:
        middle = np.array([0.0, (style.top + style.bottom) / 2])
        reach = np.array([style.width, (style.bottom - style.top) / 2])
        cloth = emboss((places - middle) / reach, cloth, style.depth, rng)
        below = _cast_shadow(below, shape, style.depth * face.eye_distance)
    shaded = _shade(cloth, below, face.eye_distance, 0.6 if style.depth else 1.0, rng)
    if style.straps:
        below.paste(_strap_colour(style.colour), mask=strap_coverage(face, style, origin, below.size, rng))
    below.paste(shaded, mask=shape)
    result = picture.copy()
    result.paste(below, region[:2])
    return result


def _hang(points: Points, style: MaskStyle) -> Points:
    """Move a mask that hangs from an ear from its own coordinates to the face's; leave others.

    It hangs on end, seen from the side: its length runs down beside the cheek.
    """
    if style.placement != "from_ear":
        return points
    across, along = points[:, 1] - (style.top + style.bottom) / 2, points[:, 0]
    return np.stack([style.hang + across * _HANGING[0], 0.68 + along * _HANGING[1]], axis=1)


def _unhang(places: Points, style: MaskStyle) -> Points:
    """Undo `_hang`, for places of shape (height, width, 2)."""
    if style.placement != "from_ear":
        return places
    u = (places[..., 1] - 0.68) / _HANGING[1]
    v = (places[..., 0] - style.hang) / _HANGING[0] + (style.top + style.bottom) / 2
    return np.stack([u, v], axis=-1)


def _outline(style: MaskStyle) -> Points:
    """Return the mask's edge in face coordinates, shape (n, 2), going round once."""
    width, top, bottom = style.width, style.top, style.bottom
    side = top + 0.18 if style.kind == "surgical" else top + 0.26
    if style.placement in ("over_mouth", "over_eyes"):  # folded to half its height
        side = top + 0.35 * (bottom - top)
    cheek, jaw = (0.80, 0.97) if style.kind == "surgical" else (0.72, 0.9)
    peak = 0.45 if style.kind == "respirator" else 0.6
    height = bottom - top
    half = [
        (0.0, top),
        (0.30 * width, top + peak * 0.10 * height),
        (0.65 * width, top + 0.6 * (side - top)),
        (width, side),
        (width * 1.0, side + 0.35 * (bottom - side)),
        (cheek * width, side + 0.72 * (bottom - side)),
        (0.42 * width, top + jaw * height),
        (0.0, bottom),
    ]
    right = _smooth(np.array(half))
    left = right[::-1] * (-1.0, 1.0)
    return np.concatenate([right, left[1:-1]])


def _smooth(points: Points, steps: int = 6) -> Points:
    """Pass a Catmull-Rom spline through points (Catmull and Rom, 1974)."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        linear, square, cube = p2 - p0, 2 * p0 - 5 * p1 + 4 * p2 - p3, 3 * (p1 - p2) + p3 - p0
        pieces.append(0.5 * (2 * p1 + linear * t + square * t**2 + cube * t**3))
    return np.concatenate([*pieces, points[-1:]])


def _polygon_coverage(points: Points, size: tuple[int, int]) -> Image.Image:
    """Rasterise a polygon to an antialiased coverage map, mode ``L``."""
    large = Image.new("L", (size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING))
    corners = [(x * _SUPERSAMPLING, y * _SUPERSAMPLING) for x, y in points.tolist()]
    ImageDraw.Draw(large).polygon(corners, fill=255)
    return large.resize(size, Image.Resampling.BOX)


def _mask_coordinates(face: FaceGeometry, style: MaskStyle, origin: Points, size: tuple[int, int]) -> Points:
    """Return ``(u, v)`` of every pixel of a region on the mask as worn, shape (height, width, 2)."""
    ys, xs = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float64)
    pixels = np.stack([xs, ys], axis=-1) + 0.5 + origin
    if style.depth:
        return _unhang(face.to_face(pixels.reshape(-1, 2)).reshape(pixels.shape), style)
    frame = face.to_picture(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    to_face = np.linalg.inv(np.stack([frame[1] - frame[0], frame[2] - frame[0]], axis=1))
    return np.asarray((pixels - frame[0]) @ to_face.T)


def _cast_shadow(below: Image.Image, shape: Image.Image, reach: float) -> Image.Image:
    """Darken the skin beside and under the mask's edge."""
    dropped = Image.new("L", shape.size)
    dropped.paste(shape, (0, round(reach * 0.03)))
    soft = dropped.filter(ImageFilter.GaussianBlur(0.5 + reach * 0.05))
    return Image.composite(Image.new("RGB", below.size), below, soft.point(lambda level: level * 0.4))


def _shade(
    cloth: npt.NDArray[np.float64],
    below: Image.Image,
    eye_distance: float,
    followed: float,
    rng: np.random.Generator,
) -> Image.Image:
    """Light the cloth as the face under it is lit, and give it the picture's grain.

    How dark a face looks is the light's doing only in part; ``followed`` says how much of it, 0 to 1.
    """
    soft = below.convert("L").filter(ImageFilter.GaussianBlur(eye_distance * 0.35))
    light = np.asarray(soft, dtype=np.float64)
    reference = float(np.percentile(light, 75)) + 1.0
    strength = rng.uniform(0.5, 0.9)
    exposure = float(np.clip((reference / 170.0) ** followed, 0.35, 1.2))
    factor = exposure * (1.0 - strength + strength * np.clip(light / reference, 0.2, 1.3))
    grain = rng.normal(0.0, rng.uniform(1.0, 5.0), light.shape)
    lit = cloth * factor[..., None] + grain[..., None]
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _strap_colour(colour: Colour) -> Colour:
    red, green, blue = ((value + 255) // 2 if sum(colour) > 200 else value for value in colour)
    return red, green, blue


def strap_coverage(
    face: FaceGeometry, style: MaskStyle, origin: Points, size: tuple[int, int], rng: np.random.Generator
) -> Image.Image:
    """Draw ear loops from the mask's upper and lower corners to the ears.

    Parameters
    ----------
    face : FaceGeometry
        Landmarks in the picture's pixels.
    style : MaskStyle
        The mask and how it is worn.
    origin : ndarray of float, shape (2,)
        x, y of the region's upper left corner in the picture.
    size : tuple of int
        The region's width and height in pixels.
    rng : numpy.random.Generator
        Where the ears are, and how thick the loops.

    Returns
    -------
    PIL.Image.Image
        How much of the loops shows at each pixel, mode ``L``.
    """
    fine = _SUPERSAMPLING if style.depth else 1
    coverage = Image.new("L", (size[0] * fine, size[1] * fine))
    pen = ImageDraw.Draw(coverage)
    thick = rng.uniform(0.03, 0.07) * (1.0 - 0.4 * style.depth)
    thickness = max(1, round(face.eye_distance * thick * fine))
    for line in _loops(style, float(rng.uniform(0.1, 0.3))):
        ends = (face.to_picture(line) - origin) * fine
        pen.line([tuple(point) for point in ends.tolist()], 255, thickness)
    if fine > 1:
        coverage = coverage.resize(size, Image.Resampling.BOX)
    return ImageChops.multiply(coverage, Image.new("L", size, 215))


def _loops(style: MaskStyle, ear: float) -> list[Points]:
    """Return the ear loops as lines in face coordinates, each of shape (2, 2)."""
    if style.placement == "from_ear":
        top = 0.68 - style.width * _HANGING[1]
        return [np.array([(style.hang + s, top), (np.sign(style.hang) * 1.25, -0.05)]) for s in (-0.12, 0.12)]
    side = style.top + 0.2
    starts = (side + 0.05, side + 0.55 * (style.bottom - side))
    return [
        np.array([(sign * style.width * 0.97, start), (sign * 1.32, ear)])
        for sign in (-1.0, 1.0)
        for start in starts
    ]
