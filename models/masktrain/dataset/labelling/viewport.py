"""Which part of a photograph is seen on the canvas, and where."""

from dataclasses import dataclass
from typing import Self

from masktrain.geometry import Box

MOST_ENLARGED = 8.0
"""Greatest factor by which a photograph is enlarged."""

_AROUND = 1.0
"""Share of a box's sides seen around it when it is zoomed to."""


@dataclass(frozen=True)
class Viewport:
    """A part of a photograph, fitted into a canvas and centred there.

    Attributes
    ----------
    region : tuple of float
        x1, y1, x2, y2 of the part that is seen, in the photograph's pixels.
    scale : float
        Canvas pixels per pixel of the photograph.
    left, top : float
        Where the part's corner lies on the canvas.
    """

    region: Box
    scale: float
    left: float
    top: float

    @classmethod
    def fit(cls, region: Box, canvas: tuple[int, int]) -> Self:
        """Fit a part of a photograph into a canvas of some width and height in pixels."""
        width, height = region[2] - region[0], region[3] - region[1]
        scale = min(canvas[0] / width, canvas[1] / height, MOST_ENLARGED)
        scale = max(scale, 1.0 / max(width, height))
        return cls(region, scale, (canvas[0] - width * scale) / 2, (canvas[1] - height * scale) / 2)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the seen part on the canvas, in pixels, at least 1."""
        x1, y1, x2, y2 = self.region
        return max(1, round((x2 - x1) * self.scale)), max(1, round((y2 - y1) * self.scale))

    def to_canvas(self, box: Box) -> Box:
        """Take a box from the photograph's pixels to the canvas's."""
        x, y = self.region[:2]
        return (
            self.left + (box[0] - x) * self.scale,
            self.top + (box[1] - y) * self.scale,
            self.left + (box[2] - x) * self.scale,
            self.top + (box[3] - y) * self.scale,
        )

    def to_photograph(self, x: float, y: float) -> tuple[float, float]:
        """Take a point from the canvas's pixels to the photograph's."""
        return self.region[0] + (x - self.left) / self.scale, self.region[1] + (y - self.top) / self.scale


def around(box: Box, size: tuple[int, int], canvas: tuple[int, int]) -> Box:
    """Return what is seen when a box is zoomed to: as much again on each side, and what fills the canvas.

    Parameters
    ----------
    box : tuple of float
        x1, y1, x2, y2 in the photograph's pixels.
    size, canvas : tuple of int
        Width and height of the photograph and of the canvas in pixels.
    """
    x1, y1, x2, y2 = box
    width, height = (x2 - x1) * (1 + 2 * _AROUND), (y2 - y1) * (1 + 2 * _AROUND)
    width = max(width, height * canvas[0] / canvas[1])
    height = max(height, width * canvas[1] / canvas[0])
    across, down = (x1 + x2) / 2, (y1 + y2) / 2
    return (
        max(0.0, across - width / 2),
        max(0.0, down - height / 2),
        min(float(size[0]), across + width / 2),
        min(float(size[1]), down + height / 2),
    )
