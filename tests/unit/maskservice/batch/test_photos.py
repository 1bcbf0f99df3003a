import numpy as np
import pytest
from PIL import Image

from maskservice.batch.photos import Photo, opened
from maskservice.decoding import decode
from maskservice.errors import ImageTooLarge, UndecodableImage
from tests import pictures

LONGEST = 96
MOST = 4_000_000


def photo(data: bytes) -> Photo:
    return Photo(data, LONGEST, MOST)


def test_a_small_picture_is_searched_as_it_is() -> None:
    data = pictures.jpeg(180, 90)
    pixels = photo(data).to_search()
    assert np.array_equal(pixels, np.asarray(decode(data)))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(1000, 500), (500, 1000), (2000, 100)])
def test_a_large_picture_is_searched_with_at_least_twice_the_detectors_pixels(
    format: str,  # noqa: A002
    size: tuple[int, int],
) -> None:
    seen = photo(pictures.encode(pictures.scene(*size), format))
    height, width, _ = seen.to_search().shape
    assert 2 * LONGEST <= max(width, height) <= 4 * LONGEST
    assert width / height == pytest.approx(size[0] / size[1], rel=0.05)
    assert seen.size == size


def test_all_pixels_are_there_for_those_who_need_them() -> None:
    data = pictures.jpeg(1000, 600)
    seen = photo(data)
    assert seen.to_search().shape[1] < 1000
    assert seen.with_pixels_per(0.4).size == (500, 300)
    assert np.array_equal(np.asarray(seen.with_pixels_per(7.0)), np.asarray(decode(data)))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photo_is_upright_at_every_scale(orientation: int) -> None:
    data = pictures.rotated_jpeg(900, 600, orientation)
    seen = photo(data)
    upright = decode(data)
    assert seen.size == upright.size
    small = Image.fromarray(seen.to_search())
    expected = np.asarray(upright.resize(small.size, Image.Resampling.BOX), dtype=float)
    assert np.abs(np.asarray(small, dtype=float) - expected).mean() < 6.0
    assert np.array_equal(np.asarray(seen.with_pixels_per(1.0)), np.asarray(upright))


def test_too_many_pixels_are_refused_with_advice_that_fits_photos() -> None:
    with pytest.raises(ImageTooLarge, match="Scale the picture down"):
        opened(pictures.png_header(3000, 3000), MOST)


def test_a_jpeg_of_many_scans_counts_several_times() -> None:
    data = pictures.encode(pictures.scene(1000, 1000), progressive=True)
    scan = data.index(b"\xff\xda")
    end = data.rindex(b"\xff\xd9")
    many = data[:end] + data[scan : data.index(b"\xff", scan + 2)] * 60 + data[end:]
    opened(data, MOST)
    with pytest.raises(ImageTooLarge, match="scans"):
        opened(many, MOST)


@pytest.mark.parametrize("kind", pictures.undecodable())
def test_what_is_no_picture_is_told(kind: str) -> None:
    with pytest.raises(UndecodableImage):
        photo(pictures.undecodable()[kind])
