import numpy as np
import pytest
from PIL import Image

from maskservice.errors import ImageTooLarge, UndecodableImage
from maskservice.modelcard import ModelCard
from maskservice.preprocessing import decode, normalize, resize, to_rgb, to_tensor
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


def test_resize_gives_the_cards_height_and_width(card: ModelCard) -> None:
    pixels = resize(pictures.scene(100, 50), card)
    assert pixels.shape == (32, 24, 3)
    assert pixels.dtype == np.uint8


def test_normalize_follows_its_formula(card: ModelCard) -> None:
    pixels = np.asarray(pictures.scene(24, 32))
    tensor = normalize(pixels, card)
    expected = ((pixels / 255 - np.array(card.mean)) / np.array(card.std)).transpose(2, 0, 1)
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    np.testing.assert_allclose(tensor, expected, atol=2e-6)


def test_to_tensor_is_resize_and_normalize(card: ModelCard) -> None:
    picture = pictures.scene(90, 70)
    assert np.array_equal(to_tensor(picture, card), normalize(resize(picture, card), card))
