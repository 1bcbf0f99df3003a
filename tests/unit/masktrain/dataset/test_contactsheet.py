import numpy as np
from PIL import Image

from masktrain.dataset.contactsheet import TILE, Block, Tile, draw_page, face_picture
from masktrain.framing import CROP_MARGIN, cut_crop

STEP = TILE + 6


def tile(colour: str = "red", caption: tuple[str, ...] = ("name",)) -> Tile:
    return Tile(Image.new("RGB", (50, 100), colour), caption)


def share(page: Image.Image, colour: tuple[int, int, int]) -> float:
    return float((np.asarray(page) == colour).all(axis=2).sum())


def test_every_picture_is_there_in_its_shape() -> None:
    page = draw_page("title", [Block([tile()] * 7)], columns=3)
    assert share(page, (255, 0, 0)) == 7 * TILE * TILE / 2
    assert page.width == 6 + 3 * STEP


def test_narrow_blocks_stand_side_by_side_and_wide_ones_wrap() -> None:
    two, five = Block([tile()] * 2, "two"), Block([tile()] * 5, "five")
    low = draw_page("", [two, two], columns=4)
    assert draw_page("", [two], columns=4).height == low.height
    assert draw_page("", [two, two, two], columns=4).height > low.height
    assert draw_page("", [five], columns=4).height > low.height
    assert share(draw_page("", [two, five], columns=4), (255, 0, 0)) == 7 * TILE * TILE / 2


def test_a_page_without_pictures_has_its_title() -> None:
    page = draw_page("nothing", [], columns=2)
    assert page.height < TILE
    assert np.asarray(page).min() < 100


def test_captions_never_reach_into_the_next_tile() -> None:
    page = draw_page("", [Block([tile(caption=("a" * 200, "→ ok"))])], columns=2)
    below = np.asarray(page)[26 + TILE :]
    assert below[:, : 6 + TILE].min() < 100
    assert below[:, 6 + TILE + 3 :].min() > 200


def test_the_part_that_the_model_sees_is_shown_or_the_whole_with_its_box() -> None:
    picture = Image.new("RGB", (200, 100), "white")
    box = (50.0, 20.0, 110.0, 80.0)
    seen = face_picture(picture, box)
    assert seen.size == cut_crop(picture, box, CROP_MARGIN).size
    assert seen.width > 60
    whole = face_picture(picture, box, whole=True)
    assert whole.size == (TILE, TILE // 2)
    drawn = np.argwhere((np.asarray(whole) != 255).any(axis=2))
    scale = TILE / 200
    np.testing.assert_allclose(drawn.min(0)[::-1], np.array(box[:2]) * scale, atol=1)
    np.testing.assert_allclose(drawn.max(0)[::-1], np.array(box[2:]) * scale, atol=1.5)
    np.testing.assert_array_equal(np.asarray(picture), 255)
