"""Things worn or held at a face that are no masks: glasses, scarves, hoods, caps, cups, phones."""

import numpy as np
import numpy.typing as npt

from masktrain.augmentation.canvas import Canvas, FloatPixels, rounded
from masktrain.augmentation.texture import Colour, Pattern, paint
from masktrain.geometry import Points

# Outline of a lens around its middle, in halves of its width and height.
_LENSES = (
    (
        (-1.0, -0.75),
        (0.0, -0.95),
        (1.0, -0.8),
        (1.05, 0.0),
        (0.7, 0.9),
        (0.0, 1.0),
        (-0.7, 0.85),
        (-1.0, 0.0),
    ),
    ((-1.0, -0.9), (1.0, -0.9), (1.1, 0.1), (0.9, 0.85), (-0.8, 0.85), (-1.05, 0.1)),
    tuple((float(np.cos(a)), float(np.sin(a))) for a in np.linspace(0.0, 2 * np.pi, 14, endpoint=False)),
)
_LENS_LEVEL = 0.04
# A rectangle with cut corners, half as wide and high as 1.
_PHONE = np.array(
    [
        (-0.85, -1.0),
        (0.85, -1.0),
        (1.0, -0.92),
        (1.0, 0.92),
        (0.85, 1.0),
        (-0.85, 1.0),
        (-1.0, 0.92),
        (-1.0, -0.92),
    ]
)
_DOWN = 1.6  # eye distances per unit of v, about: makes lenses as high as they are meant to be


def muted(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return the colour of some cloth or thing, RGB 8..245: dull colours far more often than loud ones."""
    level = rng.uniform(8, 240)
    saturation = rng.random() ** 2 * 0.8
    return np.clip(level + saturation * rng.uniform(-130, 130, 3), 8, 245)


def draw_glasses(canvas: Canvas, rng: np.random.Generator) -> None:
    """Put on spectacles or sunglasses with dark, mirrored or clear lenses.

    Parameters
    ----------
    canvas : Canvas
        Drawn on in place.
    rng : numpy.random.Generator
        Decides lenses and frame.
    """
    kind = str(rng.choice(("dark", "mirrored", "clear"), p=(0.5, 0.15, 0.35)))
    shape = np.array(_LENSES[rng.integers(len(_LENSES))])
    height = rng.uniform(0.24, 0.34) if kind == "clear" else rng.uniform(0.28, 0.44)
    half = np.array([rng.uniform(0.36, 0.45), height / _DOWN])
    rim = canvas.lit(rng.uniform(5, 50) + rng.uniform(0, 15, 3) if rng.random() < 0.75 else muted(rng))
    tint = muted(rng) if kind == "mirrored" else rng.uniform(8, 40) + rng.uniform(0, 14, 3)
    thick = float(rng.uniform(0.015, 0.06))
    level = _LENS_LEVEL + rng.normal(0.0, 0.02)
    for side in (-1.0, 1.0):
        lens = rounded(shape * half * (side, 1.0) + (side * 0.5, level))
        outline = canvas.place(lens)
        _lens(canvas, outline, kind, tint, rng)
        canvas.strokes([np.concatenate([outline, outline[:1]])], rim, thick, opacity=0.9)
        inner, outer = 0.5 - half[0], 0.5 + half[0]
        bridge = np.array([(side * inner, level - 0.03), (0.0, level - 0.06)])
        temple = np.array([(side * outer, level - 0.06), (side * 1.25, level - 0.05)])
        canvas.strokes([canvas.place(bridge), canvas.place(temple)], rim, thick)


def _lens(
    canvas: Canvas, outline: Points, kind: str, tint: npt.NDArray[np.float64], rng: np.random.Generator
) -> None:
    if kind == "clear":
        canvas.fill(outline, canvas.lit((225, 230, 235)), opacity=float(rng.uniform(0.02, 0.18)))
    else:
        box = canvas.region(outline, 0.06)
        if box is None:
            return
        rows = np.linspace(1.0, rng.uniform(1.0, 2.2), box[3] - box[1], dtype=np.float32)
        colour = np.clip(canvas.lit(tint) * rows[:, None, None], 0, 255)
        colour = np.broadcast_to(colour, (box[3] - box[1], box[2] - box[0], 3))
        canvas.fill(outline, colour, opacity=float(rng.uniform(0.8, 1.0)), soft=0.02)
    if rng.random() < 0.4:
        middle = outline.mean(axis=0)
        glare = middle + (outline - middle) * (0.25, 0.5) + rng.normal(0.0, 0.08, 2) * canvas.unit
        canvas.fill(glare, canvas.lit((245, 245, 250)), opacity=float(rng.uniform(0.15, 0.7)), soft=0.04)


def draw_scarf(canvas: Canvas, rng: np.random.Generator, *, top: float) -> None:
    """Wrap a scarf, collar or turtleneck around the neck.

    Parameters
    ----------
    canvas : Canvas
        Drawn on in place.
    rng : numpy.random.Generator
        Decides cloth and cut.
    top : float
        Its upper edge at the middle of the face, in face coordinates.
    """
    width = float(rng.uniform(0.75, 1.3))
    rise = float(rng.uniform(-0.1, 0.18))
    outline = rounded(
        [
            (-width, top - rise),
            (-0.5 * width, top - 0.02),
            (0.0, top + 0.04),
            (0.5 * width, top - 0.02),
            (width, top - rise),
            (width * rng.uniform(1.0, 1.4), top + 0.6),
            (rng.uniform(1.2, 2.4), 3.2),
            (-rng.uniform(1.2, 2.4), 3.2),
            (-width * rng.uniform(1.0, 1.4), top + 0.6),
        ]
    )
    _cover_with_cloth(canvas, canvas.place(outline), rng, roundness=float(rng.uniform(0.1, 0.35)))
    if rng.random() < 0.6:
        _fold(canvas, rng, top, width)


def _fold(canvas: Canvas, rng: np.random.Generator, top: float, width: float) -> None:
    """Shade the hollows between a scarf's turns."""
    lines = []
    for _ in range(int(rng.integers(1, 4))):
        level, slope = top + rng.uniform(0.1, 0.6), rng.uniform(-0.2, 0.2)
        u = np.linspace(-width, width, 7)
        lines.append(canvas.place(np.stack([u, level + slope * u + 0.08 * (1 - u**2)], axis=1)))
    canvas.strokes(lines, (10, 10, 12), 0.08, opacity=float(rng.uniform(0.15, 0.45)), soft=0.06)


def draw_hood(canvas: Canvas, rng: np.random.Generator) -> None:
    """Frame the face with a headscarf or hood: everything from brows to below the chin stays visible.

    Parameters
    ----------
    canvas : Canvas
        Drawn on in place.
    rng : numpy.random.Generator
        Decides cloth and cut.
    """
    turn = np.linspace(0.0, 2.0 * np.pi, 24)
    inner_top, inner_bottom = rng.uniform(-0.6, -0.35), rng.uniform(1.12, 1.3)
    middle, reach = (inner_top + inner_bottom) / 2, (inner_bottom - inner_top) / 2
    inner = np.stack([rng.uniform(1.08, 1.3) * np.cos(turn), middle + reach * np.sin(turn)], axis=1)
    outer = np.stack([1.75 * np.cos(turn), 0.15 + 1.45 * np.sin(turn)], axis=1)
    below = outer[:, 1] > 0.5
    outer[below] *= (1.35, 1.5)  # it falls over the shoulders
    # One outline that goes round outside, crosses inwards, and comes back round the opening.
    ring = np.concatenate([outer, inner[::-1]])
    _cover_with_cloth(canvas, canvas.place(ring), rng, roundness=0.3)


def draw_cap(canvas: Canvas, rng: np.random.Generator) -> None:
    """Put on a cap, hat or helmet whose brim comes down over the forehead.

    Parameters
    ----------
    canvas : Canvas
        Drawn on in place; eyes and all below stay visible.
    rng : numpy.random.Generator
        Decides cloth and brim.
    """
    brim = float(rng.uniform(-0.5, -0.16))
    wide = float(rng.uniform(1.0, 1.35))
    crown = rounded([(-wide, brim), (-wide, brim - 0.5), (0.0, -1.5), (wide, brim - 0.5), (wide, brim)])
    _cover_with_cloth(canvas, canvas.place(crown), rng, roundness=0.3)
    if rng.random() < 0.7:
        edge = rounded(
            [
                (-wide, brim),
                (0.0, brim - 0.16),
                (wide, brim),
                (0.75 * wide, brim + 0.1),
                (-0.75 * wide, brim + 0.1),
            ]
        )
        canvas.fill(canvas.place(edge), canvas.lit(0.8 * muted(rng)), soft=0.02, roundness=0.06, shadow=0.5)


def draw_object(canvas: Canvas, rng: np.random.Generator) -> None:
    """Hold a cup, a phone or a microphone in front of the mouth.

    Parameters
    ----------
    canvas : Canvas
        Of a bare face; drawn on in place.
    rng : numpy.random.Generator
        Decides what is held, where and in which colours.
    """
    centre = canvas.place([(rng.normal(0.0, 0.15), rng.uniform(0.6, 0.85))])[0]
    angle = np.deg2rad(rng.uniform(-35, 35))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * canvas.unit
    colour = canvas.lit(muted(rng))

    def put(points: Points, tone: FloatPixels, roundness: float, shadow: float = 0.4) -> None:
        canvas.fill(points @ turn + centre, tone, soft=0.015, roundness=roundness, shadow=shadow)

    kind = rng.random()
    ring = np.linspace(0.0, 2.0 * np.pi, 20, endpoint=False)
    oval = np.stack([np.cos(ring), np.sin(ring)], axis=1)
    if kind < 0.45:  # a cup or glass, drunk from
        narrow = rng.uniform(0.6, 1.0)
        put(np.array([(-0.5, 0.0), (0.5, 0.0), (0.5 * narrow, 1.4), (-0.5 * narrow, 1.4)]), colour, 0.45)
        put(oval * (0.5, 0.13), colour * 0.75, 0.0, 0.0)
    elif kind < 0.75:  # a phone
        put(
            _PHONE * (rng.uniform(0.45, 0.6), rng.uniform(0.9, 1.2)),
            canvas.lit(rng.uniform(5, 60, 3)) if rng.random() < 0.6 else colour,
            0.05,
        )
        put(oval * 0.09 + (-0.3, -0.7), canvas.lit((20, 20, 25)), 0.0, 0.0)
    else:  # a microphone
        put(np.array([(-0.14, 0.2), (0.14, 0.2), (0.1, 3.0), (-0.1, 3.0)]), canvas.lit((25, 25, 28)), 0.12)
        size = rng.uniform(0.3, 0.45)
        put(oval * size, canvas.lit(rng.uniform(20, 120) + rng.uniform(0, 20, 3)), size)


def _cover_with_cloth(canvas: Canvas, outline: Points, rng: np.random.Generator, *, roundness: float) -> None:
    """Fill a polygon in pixels with printed or plain cloth."""
    box = canvas.region(outline, 0.25)  # the region `Canvas.fill` works on where there is a shadow
    if box is None:
        return
    red, green, blue = (int(level) for level in muted(rng))
    cloth = _paint(canvas, box, (red, green, blue), rng)
    canvas.fill(outline, cloth, soft=0.02, roundness=roundness, shadow=float(rng.uniform(0.2, 0.5)))


def _paint(
    canvas: Canvas, box: tuple[int, int, int, int], colour: Colour, rng: np.random.Generator
) -> FloatPixels:
    """Weave cloth for a region: its print, and the knit or crumple of the cloth as noise."""
    left, top, right, bottom = box
    frame = canvas.place([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
    to_face = np.linalg.pinv(np.stack([frame[1] - frame[0], frame[2] - frame[0]], axis=1))
    ys, xs = np.mgrid[top:bottom, left:right].astype(np.float64)
    coordinates = (np.stack([xs, ys], axis=-1) + 0.5 - frame[0]) @ to_face.T
    cloth = canvas.lit(paint(coordinates, colour, Pattern.random(rng), "cloth", rng))
    grain = rng.standard_normal(cloth.shape[:2], dtype=np.float32) * np.float32(rng.uniform(1.0, 9.0))
    return np.clip(cloth + grain[..., None], 0, 255)
