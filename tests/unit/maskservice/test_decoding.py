import numpy as np
import pytest
from PIL import Image

from maskservice.decoding import decode, decode_crop, open_picture, to_rgb
from maskservice.errors import ImageTooLarge, UndecodableImage
from tests import pictures

ORIENTATIONS = {
    1: [["A", "B"], ["C", "D"]],
    2: [["B", "A"], ["D", "C"]],
    3: [["D", "C"], ["B", "A"]],
    4: [["C", "D"], ["A", "B"]],
    5: [["A", "C"], ["B", "D"]],
    6: [["C", "A"], ["D", "B"]],
    7: [["D", "B"], ["C", "A"]],
    8: [["B", "D"], ["A", "C"]],
}
COLOURS = {"A": (255, 0, 0), "B": (0, 255, 0), "C": (0, 0, 255), "D": (255, 255, 255)}


@pytest.mark.parametrize(("data", "size"), pictures.unusual().values(), ids=pictures.unusual().keys())
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_unusual_pictures_become_upright_rgb(data: bytes, size: tuple[int, int]) -> None:
    picture = decode(data)
    assert picture.mode == "RGB"
    assert picture.size == size


@pytest.mark.parametrize("data", pictures.undecodable().values(), ids=pictures.undecodable().keys())
def test_what_is_no_usable_picture_is_refused(data: bytes) -> None:
    with pytest.raises(UndecodableImage):
        decode(data)


@pytest.mark.parametrize("data", pictures.too_large().values(), ids=pictures.too_large().keys())
def test_the_size_is_checked_from_the_header(data: bytes) -> None:
    with pytest.raises(ImageTooLarge):
        decode(data)


@pytest.mark.filterwarnings("default")  # Pillow warns about a suspicious size before we refuse it
def test_a_warning_of_the_decoder_changes_nothing() -> None:
    with pytest.warns(Image.DecompressionBombWarning), pytest.raises(ImageTooLarge, match="10000 x 10000"):
        decode(pictures.png_header(10_000, 10_000))


def test_the_pixel_limit_is_inclusive() -> None:
    data = pictures.encode(pictures.scene(20, 10), "PNG")
    assert decode(data, max_pixels=200).size == (20, 10)
    with pytest.raises(ImageTooLarge, match="20 x 10 pixels; at most 199"):
        decode(data, max_pixels=199)


@pytest.mark.parametrize(("orientation", "shown"), ORIENTATIONS.items())
def test_exif_orientation_is_applied(orientation: int, shown: list[list[str]]) -> None:
    stored = Image.new("RGB", (2, 2))
    stored.putdata([COLOURS[name] for name in "ABCD"])
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = decode(pictures.encode(stored, "PNG", exif=exif))
    expected = [[COLOURS[name] for name in row] for row in shown]
    assert np.asarray(upright).tolist() == np.array(expected).tolist()


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_the_first_frame_of_an_animation_is_taken(format: str) -> None:  # noqa: A002
    shown = np.asarray(decode(pictures.animation(format)), dtype=np.int16)
    assert np.abs(shown - np.asarray(pictures.scene(seed=1), dtype=np.int16)).mean() < 10


def test_transparency_is_laid_on_white() -> None:
    layer = Image.new("RGBA", (1, 2), (0, 0, 0, 0))
    layer.putpixel((0, 1), (255, 0, 0, 255))
    shown = decode(pictures.encode(layer, "PNG"))
    assert [shown.getpixel((0, y)) for y in range(2)] == [(255, 255, 255), (255, 0, 0)]


def test_cmyk_is_converted() -> None:
    shown = decode(pictures.encode(Image.new("CMYK", (16, 16), (0, 255, 255, 0))))
    red, green, blue = np.asarray(shown)[8, 8]
    assert red > 200
    assert max(green, blue) < 60


def test_sixteen_bit_grey_is_scaled_to_eight() -> None:
    values = np.array([[0, 128 * 257, 65_535]], dtype=np.uint16)
    shown = decode(pictures.encode(Image.fromarray(values), "PNG"))
    assert np.asarray(shown)[0].tolist() == [[0, 0, 0], [128, 128, 128], [255, 255, 255]]


@pytest.mark.parametrize(
    ("mode", "value", "expected"), [("F", 0.5, 128), ("I", 65_535, 255), ("I", 70_000, 255), ("1", 1, 255)]
)
def test_other_depths_are_scaled_to_eight_bits(mode: str, value: float, expected: int) -> None:
    assert to_rgb(Image.new(mode, (1, 1), value)).getpixel((0, 0)) == (expected, expected, expected)


def halves(side: int, seed: int = 3) -> Image.Image:
    """A large smooth picture, brighter at the top."""
    coarse = np.random.default_rng(seed).integers(40, 200, (9, 9, 3), dtype=np.uint8)
    coarse[:4] += 50
    return Image.fromarray(coarse).resize((side, side * 3 // 4), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_large_jpeg_is_decoded_smaller_and_looks_the_same(progressive: bool) -> None:  # noqa: FBT001
    data = pictures.encode(halves(1600), quality=92, progressive=progressive)
    crop = decode_crop(open_picture(data), (128, 128))
    assert crop.size == (1600, 1200)
    assert crop.image.size == (400, 300)
    small, full = (
        np.asarray(picture.resize((128, 128), Image.Resampling.BILINEAR), dtype=np.int16)
        for picture in (crop.image, decode(data))
    )
    assert np.abs(small - full).mean() < 1.0
    assert np.abs(small - full).max() < 12


@pytest.mark.parametrize(("side", "decoded"), [(256, 256), (511, 511), (683, 342), (2731, 342)])
def test_it_stays_twice_as_large_as_the_models_input(side: int, decoded: int) -> None:
    data = pictures.encode(halves(side))
    assert decode_crop(open_picture(data), (128, 128)).image.width == decoded


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_size_told_is_that_of_the_upright_picture_as_sent(orientation: int) -> None:
    data = pictures.rotated_jpeg(1000, 700, orientation)
    crop = decode_crop(open_picture(data), (64, 64))
    expected = (700, 1000) if orientation > 4 else (1000, 700)
    assert crop.size == expected
    assert crop.image.size == (expected[0] // 4, expected[1] // 4)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_other_formats_are_decoded_whole(format: str) -> None:  # noqa: A002
    data = pictures.encode(halves(1000), format)
    crop = decode_crop(open_picture(data), (64, 64))
    assert crop.image.size == crop.size == (1000, 750)


def test_a_jpeg_cut_short_is_refused_at_any_scale() -> None:
    data = pictures.encode(halves(1600))
    with pytest.raises(UndecodableImage, match="broken or cut short"):
        decode_crop(open_picture(data[: len(data) // 2]), (128, 128))
