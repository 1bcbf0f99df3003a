"""The project's own pictures: public-domain portraits, bare and with masks drawn on them."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from masktrain.augmentation.draw import MaskStyle, Placement, draw_mask
from masktrain.augmentation.texture import Colour, Pattern
from masktrain.framing import CROP_MARGIN, cut_crop
from masktrain.geometry import Box, FaceGeometry

_SEED = 1
_QUALITY = 90
_TILE = 240
"""Side of one portrait in the group picture, in pixels."""

_ORIGIN = """# Where these pictures come from

Made by `make pictures`; the masks are drawn by `models/masktrain/draw.py`.

| picture | photograph | rights |
|---|---|---|
| `collins*.jpg` | Eileen Collins, from NASA's Great Images database, as shipped by scikit-image (`skimage.data.astronaut`) | public domain: a work of NASA |
| `hopper*.jpg` | Grace Hopper, portrait by the US Navy, as shipped by matplotlib (`grace_hopper.jpg`) | public domain: a work of the US Navy |
| `group.jpg` | the six pictures above, side by side | public domain |
| `crops/*.jpg` | the faces of the six pictures, cut as the function wants them | public domain |

`faces.json` says for each picture where its faces are (x1, y1, x2, y2 in pixels, forehead to
chin) and how the mask is worn. `annotated/` holds what `make demo` makes of `group.jpg`;
`camera.jpg`, the window of `maskclient camera` with two of the pictures moving through its frames, as
`tests/e2e/test_camera_window.py` leaves it in `build/screenshots`; and `page.jpg`, the try-it page with three of
them, as `tests/e2e/test_page_for_everyone.py` does.
"""


@dataclass(frozen=True)
class _Portrait:
    """A photograph, and what is known of the one face on it."""

    name: str
    photograph: Image.Image
    face: FaceGeometry
    box: Box
    masks: dict[str, MaskStyle]


def make_pictures(out: Path) -> None:
    """Write the example pictures, ``faces.json`` and ``ORIGIN.md`` into a folder.

    Parameters
    ----------
    out : Path
        Made if it is not there; pictures of the same names are replaced.
    """
    (out / "crops").mkdir(parents=True, exist_ok=True)
    faces: dict[str, list[dict[str, object]]] = {}
    tiles = []
    for portrait in (_collins(), _hopper()):
        for suffix, style in [("", None), *portrait.masks.items()]:
            picture, label = portrait.photograph, "without_mask"
            if style is not None:
                picture = draw_mask(picture, portrait.face, style, np.random.default_rng(_SEED))
                label = style.label
            name = f"{portrait.name}{suffix}.jpg"
            picture.save(out / name, quality=_QUALITY)
            cut_crop(picture, portrait.box, CROP_MARGIN).save(out / "crops" / name, quality=_QUALITY)
            faces[name] = [{"box": list(portrait.box), "state": label}]
            tiles.append((_tile(picture, portrait.box), label))
    group, group_faces = _group(tiles)
    group.save(out / "group.jpg", quality=_QUALITY)
    faces["group.jpg"] = group_faces
    (out / "faces.json").write_text(json.dumps(faces, indent=1) + "\n")
    (out / "ORIGIN.md").write_text(_ORIGIN)


def _collins() -> _Portrait:
    from skimage import data

    return _Portrait(
        name="collins",
        photograph=Image.fromarray(data.astronaut()),
        face=FaceGeometry.from_landmarks([(203, 104), (248, 104), (224, 128), (204, 143), (243, 144)]),
        box=(178.0, 65.0, 269.0, 176.0),
        masks={
            "-mask": _style("surgical", "well", (150, 195, 220)),
            "-mask-under-nose": _style("cloth", "under_nose", (60, 70, 95)),
        },
    )


def _hopper() -> _Portrait:
    import matplotlib as mpl

    path = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    with Image.open(path) as photograph:
        return _Portrait(
            name="hopper",
            photograph=photograph.convert("RGB"),
            face=FaceGeometry.from_landmarks([(224, 197), (307, 196), (265, 239), (230, 274), (304, 272)]),
            box=(177.0, 123.0, 355.0, 335.0),
            masks={
                "-mask": _style("surgical", "well", (125, 185, 165)),
                "-mask-on-chin": _style("surgical", "on_chin", (150, 195, 220)),
            },
        )


def _style(kind: str, placement: Placement, colour: Colour) -> MaskStyle:
    top, bottom = {"well": (0.20, 1.10), "under_nose": (0.51, 1.14), "on_chin": (0.82, 1.30)}[placement]
    return MaskStyle(
        kind=kind,  # type: ignore[arg-type]  # one of KINDS, written above
        placement=placement,
        colour=colour,
        pattern=Pattern(),
        top=top,
        bottom=bottom,
    )


def _tile(picture: Image.Image, box: Box) -> tuple[Image.Image, Box]:
    """Cut head and shoulders to a square, and move the face's box with them."""
    x1, y1, x2, y2 = box
    side = 2.2 * (y2 - y1)
    centre_x, centre_y = (x1 + x2) / 2, (y1 + y2) / 2 + 0.1 * (y2 - y1)
    half = min(side / 2, centre_x, picture.width - centre_x, centre_y, picture.height - centre_y)
    square = (centre_x - half, centre_y - half, centre_x + half, centre_y + half)
    scale = _TILE / (2 * half)
    tile = ImageOps.fit(cut_crop(picture, square, 0.0), (_TILE, _TILE), Image.Resampling.LANCZOS)
    left, top = square[:2]
    return tile, (
        round((x1 - left) * scale, 1),
        round((y1 - top) * scale, 1),
        round((x2 - left) * scale, 1),
        round((y2 - top) * scale, 1),
    )


def _group(
    tiles: list[tuple[tuple[Image.Image, Box], str]], columns: int = 3
) -> tuple[Image.Image, list[dict[str, object]]]:
    """Lay portraits out in a grid and say where their faces are."""
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * _TILE, rows * _TILE))
    faces: list[dict[str, object]] = []
    for number, ((tile, box), label) in enumerate(tiles):
        x, y = number % columns * _TILE, number // columns * _TILE
        sheet.paste(tile, (x, y))
        faces.append({"box": [box[0] + x, box[1] + y, box[2] + x, box[3] + y], "state": label})
    return sheet, faces
