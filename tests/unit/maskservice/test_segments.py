import contextlib

import numpy as np
import pytest
from PIL import Image

from maskservice.decoding import open_picture
from maskservice.errors import UndecodableImage
from maskservice.segments import count_scans
from tests import pictures

PICTURE = Image.linear_gradient("L").convert("RGB")


@pytest.mark.parametrize(("progressive", "scans"), [(False, 1), (True, 10)])
def test_the_scans_of_a_jpeg_are_counted(progressive: bool, scans: int) -> None:  # noqa: FBT001
    assert count_scans(pictures.encode(PICTURE, progressive=progressive)) == scans


def test_what_lies_behind_a_jpeg_or_in_its_metadata_does_not_count() -> None:
    """As in the moving photographs of telephones, and in thumbnails."""
    sound = pictures.encode(PICTURE, progressive=True)
    film = np.random.default_rng(0).bytes(5_000_000)
    assert count_scans(sound + film) == 10
    thumbnail = b"\xff\xe1\x40\x02" + b"\xff\xda\xff\xd9" * 0x1000
    assert count_scans(sound[:2] + thumbnail + sound[2:]) == 10


def test_a_jpeg_cannot_hide_its_scans_behind_an_end_that_is_none() -> None:
    sound = pictures.encode(PICTURE)
    start = sound.rindex(b"\xff\xda")
    comment = b"\xff\xfe\0\x04\xff\xd9"
    assert count_scans(sound[:start] + (comment + sound[start:-2]) * 300 + sound[-2:]) == 300


def test_what_is_no_jpeg_has_one_scan() -> None:
    assert count_scans(pictures.encode(PICTURE, "PNG") + b"\xff\xda" * 9) == 1


def test_a_jpeg_may_have_much_metadata_but_not_a_million_segments() -> None:
    sound = pictures.jpeg()
    segment = b"\xff\xe5\0\x12" + bytes(16)
    assert count_scans(sound[:2] + segment * 1500 + sound[2:]) == 1
    with pytest.raises(UndecodableImage, match="far more segments"):
        open_picture(sound[:2] + segment * 2500 + sound[2:])


def test_a_png_may_have_many_chunks_but_not_a_million() -> None:
    rows = (b"\0" + bytes(12)) * 4
    chunk = pictures.png_chunk(b"tEXt", b"a\0b")
    assert count_scans(pictures.png(4, 4, rows, extra=chunk * 1900)) == 1
    with pytest.raises(UndecodableImage, match="far more segments"):
        open_picture(pictures.png(4, 4, rows, extra=chunk * 2100))


def test_a_png_that_ends_within_a_chunk_is_left_to_the_decoder() -> None:
    data = pictures.png(4, 4, (b"\0" + bytes(12)) * 4)
    for end in range(9, len(data)):
        with contextlib.suppress(UndecodableImage):
            open_picture(data[:end])
