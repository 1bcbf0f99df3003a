"""Whole pictures of every kind, small, from which the fuzzer makes broken ones."""

from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests import pictures

_CROPS = Path(__file__).parents[2] / "client" / "examples" / "crops"


def corpus() -> dict[str, bytes]:
    """Return sound pictures by name: every format, colour mode and oddity, and real crops."""
    scene = pictures.scene(96, 72)
    clear = scene.convert("RGBA")
    clear.putalpha(100)
    made = {
        "jpeg": pictures.encode(scene, quality=85),
        "jpeg-optimised": pictures.encode(scene, quality=60, optimize=True),
        "jpeg-444": pictures.encode(scene, subsampling=0),
        "jpeg-restarts": pictures.encode(scene, restart_marker_blocks=4),
        "jpeg-large": pictures.encode(pictures.scene(1200, 900), quality=50),
        "jpeg-icc": pictures.encode(scene, icc_profile=b"\0" * 400),
        "png-interlaced": interlaced_png(),
        "png-text": pictures.encode(scene, "PNG", pnginfo=_text()),
        "png-grey-transparent": pictures.encode(scene.convert("L"), "PNG", transparency=7),
        "webp-lossless": pictures.encode(scene, "WEBP", lossless=True),
        "webp-alpha": pictures.encode(clear, "WEBP"),
        "webp-alpha-lossless": pictures.encode(clear, "WEBP", lossless=True),
        "webp-exif": pictures.encode(scene, "WEBP", exif=_orientation()),
    }
    made |= {name: data for name, (data, _) in pictures.unusual().items()}
    crops = sorted(_CROPS.glob("*.jpg"))
    return made | {crop.stem: crop.read_bytes() for crop in crops[:4]}


def interlaced_png() -> bytes:
    """A PNG in Adam7 order, which Pillow does not write: 8 x 8, grey, one value in each of seven passes."""
    passes = [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)]
    rows = b"".join((b"\0" + bytes([7 * width * height] * width)) * height for width, height in passes)
    return pictures.png(8, 8, rows, depth=8, colour_type=0, interlace=1)


def _text() -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", "x" * 500, zip=True)
    info.add_itxt("Title", "mask", lang="en", zip=True)
    return info


def _orientation() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif
