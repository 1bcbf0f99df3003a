"""What the benchmarks send: crops and photographs made of the project's own public-domain pictures."""

import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

CROP_SIDE = 180
"""Of a face at a door, in pixels; about 10 kB as a JPEG."""

_EXAMPLES = Path(__file__).parents[2] / "client" / "examples"


def jpeg(picture: Image.Image, quality: int, *, progressive: bool = False) -> bytes:
    """Encode."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, progressive=progressive)
    return buffer.getvalue()


@cache
def crops(count: int) -> tuple[bytes, ...]:
    """Return face crops as a client sends them, each another."""
    found = sorted((_EXAMPLES / "crops").glob("*.jpg"))
    made = []
    for number in range(count):
        with Image.open(found[number % len(found)]) as picture:
            shifted = picture.convert("RGB").resize((CROP_SIDE + number, CROP_SIDE + number))
        made.append(jpeg(shifted.crop((0, 0, CROP_SIDE, CROP_SIDE)), 90))
    return tuple(made)


@cache
def photograph(width: int, height: int) -> Image.Image:
    """Return a photograph of any size: an example, enlarged, with the grain that a sensor adds."""
    with Image.open(_EXAMPLES / "group.jpg") as example:
        enlarged = example.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).normal(0.0, 6.0, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(enlarged) + grain, 0, 255).astype(np.uint8))


@cache
def large_crops() -> tuple[bytes, ...]:
    """Return sixteen crops that together fill a request of 4 MB, less what the form needs."""
    picture = photograph(1150, 1150)
    quality = next(quality for quality in range(95, 20, -3) if len(jpeg(picture, quality)) <= 248_000)
    return (jpeg(picture, quality),) * 16
