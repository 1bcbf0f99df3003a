"""The try-it page cuts and places like the desktop client: the page's own modules, run by Node.js."""

import io
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from maskclient import crop, overlay
from maskclient.camera.asking import look_of
from maskclient.camera.following import Outline, overlap
from maskclient.detector import Box
from maskclient.framing import AS_FOUND, reframe
from maskclient.owndetector import OwnDetector
from tests.parity.pagecases import EXAMPLES, Page, corners, float_box, rgba_of, whole_box

MARGIN = 0.25


def test_numbers_are_rounded_alike(page: Page) -> None:
    rng = random.Random(1)
    values = [number / 2 for number in range(-40, 41)] + [rng.uniform(-1000, 1000) for _ in range(2000)]
    assert page("roundEven", values) == [round(value) for value in values]


class FewFaces:
    """A detector's session that finds what it is told."""

    def __init__(self, boxes: Sequence[Sequence[float]]) -> None:
        self._boxes = np.array(boxes, dtype=np.float64)

    def run(self, _names: list[str], _inputs: dict[str, Any]) -> list[npt.NDArray[Any]]:
        return [self._boxes, np.ones(len(self._boxes))]


def test_boxes_are_rounded_and_clamped_alike(page: Page) -> None:
    rng = random.Random(2)
    width, height = 64, 48
    blank = np.zeros((height, width, 3), dtype=np.uint8)
    boxes = [float_box(rng, width, height) for _ in range(3000)]
    there = [OwnDetector(FewFaces([box]), 0.5).detect(blank)[0].box for box in boxes]
    here = page("wholePixels", [(corners(box), (width, height)) for box in boxes])
    assert here == [corners(box) for box in there]


def test_outlines_are_cut_off_alike(page: Page) -> None:
    rng = random.Random(3)
    boxes = [float_box(rng, 64, 48) for _ in range(3000)]
    there = [Outline(*box).within(64, 48) for box in boxes]
    here = page("within", [(corners(box), (64, 48)) for box in boxes])
    assert here == [None if box is None else corners(box) for box in there]
    assert None in there


def test_overlaps_are_the_same(page: Page) -> None:
    rng = random.Random(4)
    pairs = [(float_box(rng, 40, 40), float_box(rng, 40, 40)) for _ in range(3000)]
    there = [overlap(Outline(*one), Outline(*other)) for one, other in pairs]
    here = page("overlap", [(corners(one), corners(other)) for one, other in pairs])
    assert here == pytest.approx(there, abs=1e-12)


def test_margins_are_the_same(page: Page) -> None:
    rng = random.Random(5)
    boxes = [whole_box(rng, 320, 240) for _ in range(3000)]
    here = page("withMargin", [(corners(box), MARGIN, (320, 240)) for box in boxes])
    blank = np.zeros((240, 320, 3), dtype=np.uint8)
    # As large an input as the picture: nothing is scaled down.
    there = [sent(blank, box, (240, 320), crop.CAMERA).size for box in boxes]
    assert [size_of(box) for box in here] == there
    untouched = page("withMargin", [(corners(box), 0, (320, 240)) for box in boxes])
    assert untouched == [corners(reframe(box, AS_FOUND, (320, 240))) for box in boxes]


def test_crops_are_scaled_to_the_same_size(page: Page) -> None:
    rng = random.Random(6)
    sizes = [
        (rng.randint(1, 900), rng.randint(1, 900), rng.choice([112, 128, 224, 256])) for _ in range(3000)
    ]
    there = []
    for width, height, limit in sizes:
        picture = Image.new("L", (width, height))
        picture.thumbnail((limit, limit), Image.Resampling.NEAREST)
        there.append(list(picture.size))
    assert page("fittingSize", sizes) == there


@pytest.mark.parametrize("form", [crop.PICTURE, crop.CAMERA])
def test_crops_have_the_same_pixels(page: Page, form: crop.CropFormat) -> None:
    rng = random.Random(7)
    picture = np.asarray(Image.open(EXAMPLES / "group.jpg").convert("RGB"))
    corners_and_sides = [(60, 50, 110), (300, 280, 120), (0, 0, 400), (100, 60, 30), (500, 200, 180)]
    corners_and_sides += [(rng.randrange(600), rng.randrange(350), rng.randint(20, 100)) for _ in range(10)]
    boxes = [Box(x, y, x + side, y + round(1.2 * side)) for x, y, side in corners_and_sides]
    model = {"crop_margin": MARGIN, "input_size": [128, 128]}
    asked = {"picture": rgba_of(picture), "boxes": [*map(corners, boxes)], "model": model}
    for box, told in zip(boxes, page("scaledCrop", {**asked, "format": form._asdict()}), strict=True):
        here = np.array(told["rgba"], dtype=np.uint8).reshape(told["height"], told["width"], 4)[:, :, :3]
        there = sent(picture, box, (128, 128), form)
        assert there.size == (told["width"], told["height"])
        assert np.abs(written(here, form.quality) - np.asarray(there, dtype=int)).mean() < 1.0


def test_faces_look_alike(page: Page) -> None:
    rng = random.Random(8)
    picture = np.asarray(Image.open(EXAMPLES / "hopper.jpg").convert("RGB").resize((160, 200)))
    boxes = [whole_box(rng, 160, 200, least=12) for _ in range(40)]
    here = page("lookOf", {"picture": rgba_of(picture), "boxes": [*map(corners, boxes)]})
    for box, look in zip(boxes, here, strict=True):
        # OpenCV rounds each mean to a whole grey value.
        assert np.abs(np.array(look) - look_of(picture, box).ravel()).max() < 1.01 / 255


def test_plates_stand_at_the_same_place(page: Page) -> None:
    rng = random.Random(11)
    cases = [
        (whole_box(rng, 300, 200), (rng.randint(10, 200), rng.randint(5, 60)), (300, 200))
        for _ in range(1000)
    ]
    here = page("plateCorner", [(corners(box), plate, size) for box, plate, size in cases])
    assert here == [list(overlay.plate_corner(*case)) for case in cases]


def size_of(box: Mapping[str, int]) -> tuple[int, int]:
    return box["x2"] - box["x1"], box["y2"] - box["y1"]


def sent(rgb: npt.NDArray[np.uint8], box: Box, size: tuple[int, int], form: crop.CropFormat) -> Image.Image:
    """What the client sends of a face."""
    return Image.open(io.BytesIO(crop.cut_crop(rgb, box, MARGIN, size, form)))


def written(rgb: npt.NDArray[np.uint8], quality: int) -> npt.NDArray[np.int64]:
    """Pixels after they were written as a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file), dtype=np.int64)
