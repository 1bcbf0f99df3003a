"""One camera's picture as people see it: boxes, words, and a line about how things stand."""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from maskclient.camera.views import CameraView, TrackView
from maskclient.detector import Box, Rgb
from maskclient.overlay import INK, OTHER_COLOUR, VERDICT_COLOURS, Mark, draw_marks
from maskclient.show.status import Status
from maskclient.wording import name_of, names_of, percent

ALARM = VERDICT_COLOURS["violation"]
PAPER = (240, 240, 240)
GROUND = (24, 24, 24)
_NO_PICTURE = {"lost": "NO PICTURE, trying again", "ended": "ENDED"}
_POINTS_SHARE = 1 / 45  # of the picture's width
_LEAST_POINTS = 11


def draw_view(
    view: CameraView, status: Status, size: tuple[int, int] | None = None, *, labels: bool = True
) -> Image.Image:
    """Draw what one camera sees.

    Parameters
    ----------
    view : CameraView
        The moment.
    status : Status
        Of the service.
    size : tuple of int, optional
        Width and height to fit the picture into, in pixels; that of the frame by default.
    labels : bool
        Whether words stand beside the boxes. Without them the colours remain.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``.
    """
    rgb, scale = _fitted(view.rgb, size)
    picture = Image.fromarray(rgb)
    draw_marks(picture, [_mark(track, scale, labels=labels) for track in view.tracks])
    if status.problem is not None:
        _draw_line(picture, f"OFFLINE, trying again: {status.problem}", ALARM, INK, at_top=True)
    elif view.state in _NO_PICTURE:
        _draw_line(picture, _NO_PICTURE[view.state], ALARM, INK, at_top=True)
    _draw_line(picture, _footer(view, status), GROUND, PAPER, at_top=False)
    return picture


def caption_of(track: TrackView) -> str:
    """Say in few words what is known of a track."""
    shown = track.shown
    if shown.label is None:
        return f"#{track.number} unsure" + (f": {names_of(shown.reasons)}" if shown.reasons else "")
    if shown.verdict == "rejected" and shown.reasons:
        return f"#{track.number} {names_of(shown.reasons)}"
    return f"#{track.number} {name_of(shown.label)} {percent(shown.confidence)}"


def _fitted(rgb: Rgb, size: tuple[int, int] | None) -> tuple[Rgb, float]:
    """Return the frame scaled to fit, and the factor."""
    height, width = rgb.shape[:2]
    scale = min(size[0] / width, size[1] / height) if size else 1.0
    if scale == 1.0:
        return rgb, 1.0
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, target, interpolation=how), dtype=np.uint8), scale


def _mark(track: TrackView, scale: float, *, labels: bool) -> Mark:
    box = Box(*(round(value * scale) for value in track.box))
    colour = VERDICT_COLOURS.get(track.shown.verdict, OTHER_COLOUR)
    no_face = track.shown.label == "not_face"
    return Mark(box, colour, caption_of(track) if labels and not no_face else None)


def _footer(view: CameraView, status: Status) -> str:
    people = "1 person" if view.people == 1 else f"{view.people} people"
    return f"{view.camera} · {view.fps:.0f} fps · {people} so far · {status.words()}"


def _draw_line(
    picture: Image.Image,
    text: str,
    ground: tuple[int, int, int],
    ink: tuple[int, int, int],
    *,
    at_top: bool,
) -> None:
    draw = ImageDraw.Draw(picture)
    points = max(_LEAST_POINTS, round(picture.width * _POINTS_SHARE))
    font = ImageFont.load_default(points)
    height = round(1.5 * points)
    top = 0 if at_top else picture.height - height
    draw.rectangle((0, top, picture.width, top + height), fill=ground)
    while len(text) > 1 and draw.textlength(text, font) > picture.width - points:
        text = f"{text[:-2].rstrip()}…"
    draw.text((points / 2, top + height / 2), text, fill=ink, font=font, anchor="lm")
