"""What the benchmark of batches works at: crops, and photographs small and large."""

import io
import os
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.benchmarks.inputs import crops, jpeg, photograph

VARIETY = 6
"""Different pictures of a kind; all others are links to these."""


@dataclass(frozen=True)
class Kind:
    """A kind of picture.

    Attributes
    ----------
    name : str
        For people.
    crop : bool
        Whether each is a face crop.
    size : tuple of int
        Width and height of a photograph, in pixels.
    in_round : int
        How many make a round of a second or two on two cores.
    """

    name: str
    crop: bool
    size: tuple[int, int]
    in_round: int

    def pictures(self) -> list[bytes]:
        """Return different files of this kind."""
        return _pictures(self.crop, self.size)


CROPS = Kind("crop", crop=True, size=(180, 180), in_round=1000)
SMALL = Kind("small photo", crop=False, size=(1280, 960), in_round=60)
LARGE = Kind("12-megapixel photo", crop=False, size=(4000, 3000), in_round=16)
KINDS = (CROPS, SMALL, LARGE)


@cache
def _pictures(crop: bool, size: tuple[int, int]) -> list[bytes]:  # noqa: FBT001 (a key of the cache)
    if crop:
        return list(crops(VARIETY))
    picture = photograph(*size)
    return [jpeg(picture, 85 + number) for number in range(VARIETY)]


def lay_out(folder: Path, kind: Kind, round_name: str, count: int) -> list[str]:
    """Put files of a kind into a folder of their own below another; return their paths below that.

    Every round has paths of its own, because what was judged once is not judged again.
    """
    originals = folder / "originals" / kind.name.replace(" ", "-")
    if not originals.is_dir():
        originals.mkdir(parents=True)
        for number, content in enumerate(kind.pictures()):
            (originals / f"{number}.jpg").write_bytes(content)
    files = sorted(originals.iterdir())
    place = folder / round_name
    place.mkdir()
    paths = []
    for number in range(count):
        os.link(files[number % len(files)], place / f"{number}.jpg")
        paths.append(f"{round_name}/{number}.jpg")
    return paths


@cache
def packed_crops(count: int) -> bytes:
    """Return a zip of crops."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.jpg", CROPS.pictures()[number % VARIETY])
    return buffer.getvalue()
