"""Draws face masks on bare faces: worn well, under the nose, or on the chin.

The drawings serve as training pictures and make the project's example pictures. Shapes follow
the three common kinds of mask; colours, patterns, folds, straps and lighting vary, and every
placement is drawn with all of them, so that neither a look nor the drawing itself tells a label.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from maskservice.modelcard import Label
from masktrain.augmentation.texture import Colour, Pattern, paint
from masktrain.geometry import FaceGeometry, Points

Kind = Literal["surgical", "cloth", "respirator"]
Placement = Literal["well", "under_nose", "on_chin"]
KINDS: tuple[Kind, ...] = ("surgical", "cloth", "respirator")
PLACEMENT_LABELS: dict[Placement, Label] = {
    "well": "with_mask",
    "under_nose": "incorrect_mask",
    "on_chin": "incorrect_mask",
}

# Vertical extent in face coordinates (0 = eyes, 1 = chin): top edge at the middle, and bottom
# edge. The nose tip sits near 0.36 and the nostrils near 0.42, the lips between 0.55 and 0.70;
# tops between 0.33 and 0.47 would leave the label in doubt and are not drawn.
_EXTENT: dict[Placement, tuple[tuple[float, float], tuple[float, float]]] = {
    "well": ((0.10, 0.26), (1.04, 1.18)),
    "under_nose": ((0.48, 0.56), (1.06, 1.24)),
    "on_chin": ((0.76, 0.88), (1.18, 1.42)),
}
_SUPERSAMPLING = 2


@dataclass(frozen=True)
class MaskStyle:
    """One mask and how it is worn.

    Attributes
    ----------
    kind : str
        ``surgical`` (flat, pleated), ``cloth`` (rounded) or ``respirator`` (cup with a seam).
    placement : str
        ``well``, ``under_nose`` or ``on_chin``.
    colour : tuple of int
        RGB, 0..255.
    pattern : Pattern
        What is printed on the cloth.
    top, bottom : float
        Edges at the middle of the face, in face coordinates.
    width : float
        Half the mask's width in eye distances.
    straps : bool
        Whether ear loops are drawn.
    """

    kind: Kind
    placement: Placement
    colour: Colour
    pattern: Pattern
    top: float
    bottom: float
    width: float = 1.05
    straps: bool = True

    @property
    def label(self) -> Label:
        """The label of a face that wears the mask like this."""
        return PLACEMENT_LABELS[self.placement]


def random_style(rng: np.random.Generator, placement: Placement) -> MaskStyle:
    """Choose a mask of any kind, colour and pattern for a placement."""
    (top_low, top_high), (bottom_low, bottom_high) = _EXTENT[placement]
    return MaskStyle(
        kind=KINDS[rng.integers(len(KINDS))],
        placement=placement,
        colour=_random_colour(rng),
        pattern=Pattern.random(rng),
        top=float(rng.uniform(top_low, top_high)),
        bottom=float(rng.uniform(bottom_low, bottom_high)),
        width=float(rng.uniform(0.92, 1.15)),
        straps=bool(rng.random() < 0.75),
    )


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
    outline = face.to_picture(_outline(style))
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
    cloth = paint(_face_coordinates(face, origin, below.size), style.colour, style.pattern, style.kind, rng)
    shaded = _shade(cloth, below, face.eye_distance, rng)
    if style.straps:
        below.paste(_strap_colour(style.colour), mask=_strap_coverage(face, style, origin, below.size, rng))
    below.paste(shaded, mask=shape)
    result = picture.copy()
    result.paste(below, region[:2])
    return result


def _random_colour(rng: np.random.Generator) -> Colour:
    usual: list[Colour] = [(150, 195, 220), (235, 238, 240), (30, 30, 34), (125, 185, 165), (225, 170, 185)]
    if rng.random() < 0.65:
        base = np.array(usual[rng.integers(len(usual))]) + rng.normal(0, 12, 3)
    else:
        base = rng.uniform(10, 245, 3)
    red, green, blue = (int(value) for value in np.clip(base, 0, 255))
    return red, green, blue


def _outline(style: MaskStyle) -> Points:
    """Return the mask's edge in face coordinates, shape (n, 2), going round once."""
    width, top, bottom = style.width, style.top, style.bottom
    side = top + 0.18 if style.kind == "surgical" else top + 0.26
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


def _face_coordinates(face: FaceGeometry, origin: Points, size: tuple[int, int]) -> Points:
    """Return ``(u, v)`` of every pixel of a region, shape (height, width, 2)."""
    frame = face.to_picture(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    to_face = np.linalg.inv(np.stack([frame[1] - frame[0], frame[2] - frame[0]], axis=1))
    ys, xs = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float64)
    pixels = np.stack([xs, ys], axis=-1) + 0.5 + origin - frame[0]
    return np.asarray(pixels @ to_face.T)


def _shade(
    cloth: npt.NDArray[np.float64], below: Image.Image, eye_distance: float, rng: np.random.Generator
) -> Image.Image:
    """Light the cloth as the face under it is lit, and give it the picture's grain."""
    soft = below.convert("L").filter(ImageFilter.GaussianBlur(eye_distance * 0.35))
    light = np.asarray(soft, dtype=np.float64)
    reference = float(np.percentile(light, 75)) + 1.0
    strength = rng.uniform(0.5, 0.9)
    exposure = float(np.clip(reference / 170.0, 0.35, 1.2))
    factor = exposure * (1.0 - strength + strength * np.clip(light / reference, 0.2, 1.3))
    grain = rng.normal(0.0, rng.uniform(1.0, 5.0), light.shape)
    lit = cloth * factor[..., None] + grain[..., None]
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _strap_colour(colour: Colour) -> Colour:
    red, green, blue = ((value + 255) // 2 if sum(colour) > 200 else value for value in colour)
    return red, green, blue


def _strap_coverage(
    face: FaceGeometry, style: MaskStyle, origin: Points, size: tuple[int, int], rng: np.random.Generator
) -> Image.Image:
    """Draw ear loops from the mask's upper and lower corners to the ears."""
    coverage = Image.new("L", size)
    pen = ImageDraw.Draw(coverage)
    thickness = max(1, round(face.eye_distance * rng.uniform(0.03, 0.07)))
    side = style.top + 0.2
    ear = float(rng.uniform(0.1, 0.3))
    for sign in (-1.0, 1.0):
        for start in (side + 0.05, side + 0.55 * (style.bottom - side)):
            line = np.array([(sign * style.width * 0.97, start), (sign * 1.32, ear)])
            pen.line([tuple(point) for point in (face.to_picture(line) - origin).tolist()], 255, thickness)
    return ImageChops.multiply(coverage, Image.new("L", size, 215))
