"""What a drawn mask's cloth looks like: colour, print, folds and seams."""

from dataclasses import dataclass
from typing import Literal, Self

import cv2
import numpy as np
import numpy.typing as npt

Colour = tuple[int, int, int]
"""RGB, 0..255."""
Motif = Literal["plain", "stripes", "checks", "dots", "blotches"]
_MOTIFS: tuple[Motif, ...] = ("plain", "stripes", "checks", "dots", "blotches")
_MOTIF_ODDS = (0.72, 0.07, 0.07, 0.07, 0.07)

FloatMap = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pattern:
    """A print on cloth.

    Attributes
    ----------
    motif : str
        ``plain``, ``stripes``, ``checks``, ``dots`` or ``blotches``.
    colour : tuple of int
        RGB of the print, 0..255.
    scale : float
        Repeats per eye distance.
    """

    motif: Motif = "plain"
    colour: Colour = (255, 255, 255)
    scale: float = 4.0

    @classmethod
    def random(cls, rng: np.random.Generator) -> Self:
        """Choose a print; most masks are plain."""
        red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
        motif = _MOTIFS[rng.choice(len(_MOTIFS), p=_MOTIF_ODDS)]
        return cls(motif, (red, green, blue), float(rng.uniform(2.0, 9.0)))

    def coverage(self, u: FloatMap, v: FloatMap) -> FloatMap:
        """Return how much of the print's colour shows at each place, 0 to 1."""
        a, b = u * self.scale, v * self.scale * 1.6  # v's unit is about 1.6 eye distances
        if self.motif == "plain":
            return np.zeros_like(u)
        if self.motif == "stripes":
            return (np.sin(2 * np.pi * a) > 0.2).astype(np.float64)
        if self.motif == "checks":
            return 0.5 * (np.sin(2 * np.pi * a) > 0) + 0.5 * (np.sin(2 * np.pi * b) > 0)
        if self.motif == "dots":
            return ((a % 1.0 - 0.5) ** 2 + (b % 1.0 - 0.5) ** 2 < 0.06).astype(np.float64)
        waves = np.sin(2.1 * a + 1.3 * b) + np.sin(1.7 * b - 2.9 * a) + np.sin(3.3 * a + 0.4)
        return (waves > 0.6).astype(np.float64)


def paint(
    coordinates: FloatMap, colour: Colour, pattern: Pattern, kind: str, rng: np.random.Generator
) -> FloatMap:
    """Paint cloth over a region.

    Parameters
    ----------
    coordinates : ndarray of float, shape (height, width, 2)
        Face coordinates ``(u, v)`` of every pixel.
    colour : tuple of int
        RGB of the cloth.
    pattern : Pattern
        What is printed on it.
    kind : str
        ``surgical`` gets pleats, ``respirator`` a seam, ``cloth`` a fold.
    rng : numpy.random.Generator
        Where folds lie and how deep they are.

    Returns
    -------
    ndarray of float, shape (height, width, 3)
        RGB, about 0..255, unlit.
    """
    u, v = coordinates[..., 0], coordinates[..., 1]
    printed = pattern.coverage(u, v)[..., None]
    cloth = (1.0 - printed) * np.array(colour, dtype=np.float64) + printed * np.array(pattern.colour)
    return np.asarray(cloth * _relief(u, v, kind, rng)[..., None])


def _relief(u: FloatMap, v: FloatMap, kind: str, rng: np.random.Generator) -> FloatMap:
    """Return a brightness factor near 1 for pleats, seams and the roundness of the face."""
    depth = rng.uniform(0.04, 0.16)
    relief = 1.04 - 0.22 * np.clip(np.abs(u), 0.0, 1.3) ** 2
    if kind == "surgical":
        phase = (v * rng.uniform(4.0, 6.0) + rng.uniform(0.0, 1.0) + 0.25 * u**2) % 1.0
        relief -= depth * np.exp(-((phase - 0.5) ** 2) / 0.006)
    elif kind == "respirator":
        relief -= depth * np.exp(-(u**2) / 0.0015)
        relief -= 0.5 * depth * np.exp(-((v - 0.45 - 0.3 * np.abs(u)) ** 2) / 0.0012)
    else:
        slope = rng.uniform(-0.5, 0.5)
        relief -= depth * np.exp(-((v - 0.7 - slope * u) ** 2) / 0.004)
    return np.asarray(relief)


def emboss(places: FloatMap, cloth: FloatMap, depth: float, rng: np.random.Generator) -> FloatMap:
    """Give cloth the light and shade of a bulging, creased mask.

    Parameters
    ----------
    places : ndarray of float, shape (height, width, 2)
        Every pixel's place on the mask: its edges lie near -1 and 1 both ways.
    cloth : ndarray of float, shape (height, width, 3)
        RGB, about 0..255.
    depth : float
        How strongly, 0 to 1.
    rng : numpy.random.Generator
        Where the light comes from, and the creases.

    Returns
    -------
    ndarray of float, shape (height, width, 3)
        RGB, about 0..255.
    """
    x, y = np.clip(places[..., 0], -1.2, 1.2), np.clip(places[..., 1], -1.2, 1.2)
    height = np.sqrt(np.clip(1.0 - 0.45 * x**2 - 0.45 * y**2, 0.05, 1.0))
    side, above = rng.uniform(-0.5, 0.5), rng.uniform(0.1, 0.5)
    # Lambert's law for a light from above and one side.
    lit = (0.67 * side * x - 0.67 * above * y + height) / np.sqrt(1.0 + side**2 + above**2)
    folds = cv2.resize(rng.normal(0.0, 1.0, (6, 5)), x.shape[::-1], interpolation=cv2.INTER_CUBIC)
    relief = 1.0 + depth * (0.45 * (lit - 0.7) + 0.07 * folds)
    relief -= depth * 0.12 * (np.maximum(np.abs(x), np.abs(y)) > 0.9)
    return np.asarray(cloth * np.clip(relief, 0.3, 1.25)[..., None])
