"""A picture to draw on in the coordinates of a face: soft shapes that take on the picture's light."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from masktrain.augmentation.texture import Colour
from masktrain.geometry import FaceGeometry, Points

FloatPixels = npt.NDArray[np.float32]

_SUBPIXEL_BITS = 4
_SUBPIXELS = 1 << _SUBPIXEL_BITS
# Where skin shows on a bare face, and on one that wears a mask (face coordinates).
_BARE_SKIN = ((-0.55, 0.40), (0.55, 0.40), (0.0, -0.28), (0.0, 0.22))
_MASKED_SKIN = ((0.0, -0.28), (-0.3, -0.25), (0.3, -0.25))
# Skin under white light, from dark to pale: steps 6 to 1 of Fitzpatrick's scale, set by eye.
_SKIN_TONES = ((72, 46, 36), (112, 74, 54), (156, 108, 80), (190, 142, 112), (222, 176, 148), (236, 198, 176))
_LEAST_SKIN_LUMA = 24.0


@dataclass
class Canvas:
    """A copy of a picture, and the face on it.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB, 0..255; drawn on in place.
    face : FaceGeometry
        Landmarks in pixels.
    unit : float
        Distance between the eyes in pixels: the measure of everything drawn.
    exposure : float
        Brightness of the face against a well lit one, 0.3 to 1.2.
    """

    pixels: npt.NDArray[np.uint8]
    face: FaceGeometry
    unit: float = field(init=False)
    exposure: float = field(init=False)

    def __post_init__(self) -> None:
        """Measure the face's size and light."""
        self.unit = max(1.0, self.face.eye_distance)
        seen = self._sample(((-0.5, 0.3), (0.5, 0.3), (0.0, -0.2), (0.0, 0.3), (0.0, 0.9)))
        brightest = float(np.percentile(seen, 80)) if len(seen) else 150.0
        self.exposure = float(np.clip(brightest / 190.0, 0.3, 1.2))

    @classmethod
    def of(cls, picture: Image.Image, face: FaceGeometry) -> "Canvas":
        """Copy a picture, mode ``RGB``."""
        return cls(np.array(picture), face)

    def picture(self) -> Image.Image:
        """Return what was drawn, mode ``RGB``."""
        return Image.fromarray(self.pixels)

    def place(self, points: npt.ArrayLike) -> Points:
        """Map face coordinates, shape (n, 2), to pixels."""
        return self.face.to_picture(np.asarray(points, dtype=np.float64))

    def skin(self, rng: np.random.Generator, *, masked: bool) -> Colour:
        """Return a skin colour near the face's own, or now and then someone else's, as it is lit here."""
        seen = self._sample(_MASKED_SKIN if masked else _BARE_SKIN)
        own = np.median(seen, axis=0) if len(seen) else np.zeros(3)
        if rng.random() < 0.2 or own.mean() < _LEAST_SKIN_LUMA:
            own = np.array(_SKIN_TONES[rng.integers(len(_SKIN_TONES))]) * self.exposure
        red, green, blue = np.clip(own * rng.uniform(0.85, 1.12) + rng.normal(0.0, 3.0, 3), 8, 250).astype(
            int
        )
        return int(red), int(green), int(blue)

    def lit(self, colour: npt.ArrayLike) -> FloatPixels:
        """Darken a colour, 0..255, to the light of the face."""
        return np.asarray(np.asarray(colour, dtype=np.float32) * np.float32(self.exposure), dtype=np.float32)

    def fill(
        self,
        outline: Points,
        colour: npt.ArrayLike,
        *,
        soft: float = 0.02,
        opacity: float = 1.0,
        roundness: float = 0.0,
        shadow: float = 0.0,
    ) -> None:
        """Fill a polygon.

        Parameters
        ----------
        outline : ndarray of float, shape (n, 2)
            Corners in pixels.
        colour : array-like
            RGB as it is to appear, 0..255, or one per pixel of `region` of the outline.
        soft : float
            Standard deviation of the edge's blur in eye distances.
        opacity : float
            0 to 1.
        roundness : float
            Over which distance from the edge the shape's shading rises, in eye distances; 0 is flat.
        shadow : float
            How much the shape darkens what lies around it, 0 to 1.
        """
        box = self.region(outline, 0.25 if shadow else 3.0 * soft)
        if box is None:
            return
        left, top, right, bottom = box
        coverage = np.zeros((bottom - top, right - left), dtype=np.uint8)
        corners = np.rint((outline - (left, top)) * _SUBPIXELS).astype(np.int32)
        cv2.fillPoly(coverage, [corners], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        if shadow:
            cast = cv2.GaussianBlur(coverage, (0, 0), max(0.6, 0.09 * self.unit))
            self.lay(box, np.zeros(3, np.float32), cast * np.float32(shadow / 255))
        paint = np.asarray(colour, dtype=np.float32)
        if roundness:
            depth = cv2.distanceTransform(coverage, cv2.DIST_L2, cv2.DIST_MASK_3)
            rise = np.minimum(1.0, (depth + 0.3) / max(1.0, roundness * self.unit))
            paint = paint * (0.62 + 0.42 * np.sqrt(rise))[..., None]
        self.lay(box, paint, self._soften(coverage, soft) * np.float32(opacity / 255))

    def strokes(
        self,
        lines: list[Points],
        colour: npt.ArrayLike,
        width: float,
        *,
        opacity: float = 1.0,
        soft: float = 0.0,
    ) -> None:
        """Draw polylines of a width in eye distances, in pixels, in one colour as it is to appear."""
        box = self.region(np.concatenate(lines), width + 3.0 * soft)
        if box is None:
            return
        left, top, right, bottom = box
        coverage = np.zeros((bottom - top, right - left), dtype=np.uint8)
        corners = [np.rint((line - (left, top)) * _SUBPIXELS).astype(np.int32) for line in lines]
        pixels = width * self.unit
        cv2.polylines(coverage, corners, False, 255, max(1, round(pixels)), cv2.LINE_AA, _SUBPIXEL_BITS)  # noqa: FBT003
        thin = min(1.0, pixels)  # a line thinner than a pixel is a fainter one
        self.lay(
            box,
            np.asarray(colour, np.float32),
            self._soften(coverage, soft) * np.float32(opacity * thin / 255),
        )

    def region(self, points: Points, margin: float) -> tuple[int, int, int, int] | None:
        """Return left, top, right, bottom around points with a margin in eye distances; None outside."""
        height, width = self.pixels.shape[:2]
        reach = margin * self.unit + 1.0
        left, top = np.maximum(np.floor(points.min(axis=0) - reach), 0).astype(int).tolist()
        right, bottom = np.minimum(np.ceil(points.max(axis=0) + reach), (width, height)).astype(int).tolist()
        if right - left < 2 or bottom - top < 2:
            return None
        return left, top, right, bottom

    def lay(self, box: tuple[int, int, int, int], paint: FloatPixels, alpha: FloatPixels) -> None:
        """Blend paint, RGB as it is to appear, over a region by alpha, shape (height, width), 0 to 1."""
        left, top, right, bottom = box
        below = self.pixels[top:bottom, left:right]
        mixed = below + (paint - below) * alpha[..., None]
        below[...] = np.clip(mixed, 0, 255).astype(np.uint8)

    def _soften(self, coverage: npt.NDArray[np.uint8], soft: float) -> npt.NDArray[np.uint8]:
        sigma = soft * self.unit
        if sigma < 0.3:
            return coverage
        return np.asarray(cv2.GaussianBlur(coverage, (0, 0), sigma), dtype=np.uint8)

    def _sample(self, points: tuple[tuple[float, float], ...]) -> npt.NDArray[np.uint8]:
        """Return the pixels at those of the face coordinates that lie in the picture, shape (n, 3)."""
        places = np.floor(self.place(points)).astype(int)
        height, width = self.pixels.shape[:2]
        inside = ((places >= 0) & (places < (width, height))).all(axis=1)
        return np.asarray(self.pixels[places[inside, 1], places[inside, 0]], dtype=np.uint8)


def rounded(corners: npt.ArrayLike, steps: int = 2) -> Points:
    """Round a closed polygon by cutting its corners (Chaikin, 1974); shape (n, 2) to (n * 2**steps, 2)."""
    points = np.asarray(corners, dtype=np.float64)
    for _ in range(steps):
        following = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * following, 0.25 * points + 0.75 * following], 1).reshape(
            -1, 2
        )
    return points
