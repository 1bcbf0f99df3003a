"""How a detector's boxes are changed to frame faces as the classifier learnt them."""

from dataclasses import dataclass

from maskclient.detector import Box

FloatBox = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels, before they are rounded."""


@dataclass(frozen=True)
class Framing:
    """How much wider, higher and higher up than found a face is framed.

    Attributes
    ----------
    width, height : float
        Factors; the middle stays where it is.
    rise : float
        How far the middle moves up, as a share of the height that was found; negative for down.
    """

    width: float = 1.0
    height: float = 1.0
    rise: float = 0.0


# Of the cascades' boxes none of 48 framings (0.7 to 1.0 times as wide, 0.9 to 1.2 times as high, moved by
# 0.08) gave more right verdicts than their own: 251 of the 255 faces of the val split that they find.
AS_FOUND = Framing()


def reframe(box: FloatBox | Box, framing: Framing, size: tuple[int, int]) -> Box:
    """Frame a face differently, round to pixels and clamp to the picture, leaving at least one pixel.

    Parameters
    ----------
    box : Box or tuple of float
        x1, y1, x2, y2 in the picture's pixels; it may reach beyond the picture.
    framing : Framing
        How.
    size : tuple of int
        Width and height of the picture.
    """
    x1, y1, x2, y2 = box
    middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2 - framing.rise * (y2 - y1)
    half_width, half_height = (x2 - x1) * framing.width / 2, (y2 - y1) * framing.height / 2
    left = min(max(0, round(middle_x - half_width)), size[0] - 1)
    top = min(max(0, round(middle_y - half_height)), size[1] - 1)
    right = max(left + 1, min(size[0], round(middle_x + half_width)))
    bottom = max(top + 1, min(size[1], round(middle_y + half_height)))
    return Box(left, top, right, bottom)
