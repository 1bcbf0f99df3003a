"""Face boxes, and what is cut out around them; the client's rules, which a test holds the two to."""

from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in a picture's pixels; the second corner is just outside it.

    Attributes
    ----------
    x1, y1, x2, y2 : int
        ``0 <= x1 < x2 <= width`` and ``0 <= y1 < y2 <= height``.
    """

    x1: int
    y1: int
    x2: int
    y2: int

    def with_margin(self, margin: float, size: tuple[int, int]) -> "Box":
        """Return this box with a share of its width and height more on each side, inside the picture.

        Parameters
        ----------
        margin : float
            The share, as the classifier's card tells it.
        size : tuple of int
            Width and height of the picture.
        """
        dx, dy = (self.x2 - self.x1) * margin, (self.y2 - self.y1) * margin
        return whole_pixels((self.x1 - dx, self.y1 - dy, self.x2 + dx, self.y2 + dy), size)

    def scaled(self, before: tuple[int, int], after: tuple[int, int]) -> "Box":
        """Return the same rectangle in the same picture of another size.

        Parameters
        ----------
        before, after : tuple of int
            Width and height of the picture.
        """
        if before == after:
            return self
        across, down = after[0] / before[0], after[1] / before[1]
        return whole_pixels((self.x1 * across, self.y1 * down, self.x2 * across, self.y2 * down), after)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.x2 - self.x1, self.y2 - self.y1


class Face(NamedTuple):
    """A face that was found.

    Attributes
    ----------
    box : Box
        Where.
    score : float
        How sure the detector is, 0 to 1.
    """

    box: Box
    score: float


def whole_pixels(corners: tuple[float, float, float, float], size: tuple[int, int]) -> Box:
    """Round a rectangle to pixels inside the picture, leaving at least one.

    Parameters
    ----------
    corners : four floats
        x1, y1, x2, y2 in pixels.
    size : tuple of int
        Width and height of the picture.
    """
    (width, height), (left, top, right, bottom) = size, corners
    x1, y1 = min(max(0, round(left)), width - 1), min(max(0, round(top)), height - 1)
    return Box(x1, y1, max(x1 + 1, min(width, round(right))), max(y1 + 1, min(height, round(bottom))))
