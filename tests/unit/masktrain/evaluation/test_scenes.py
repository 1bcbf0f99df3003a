import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskclient.crop import cut_crop as client_crop
from maskclient.detector import Box as ClientBox
from masktrain.dataset.scenes import SceneBox
from masktrain.evaluation.scenes import as_sent, client_figures, match
from masktrain.framing import cut_crop
from tests.cards import CARD

HEADER = "path,split,width,height,label,x1,y1,x2,y2,ignore\n"


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """One photograph with a red, a blue and an undecidable face, and one without a face."""
    picture = Image.new("RGB", (300, 100))
    picture.paste("red", (0, 0, 100, 100))
    picture.paste("blue", (100, 0, 200, 100))
    picture.save(tmp_path / "a.png")
    Image.new("RGB", (100, 100)).save(tmp_path / "b.png")
    (tmp_path / "scenes.csv").write_text(
        HEADER
        + "a.png,val,300,100,with_mask,30,30,80,80,0\n"
        + "a.png,val,300,100,without_mask,130,30,160,60,0\n"
        + "a.png,val,300,100,undecidable,230,30,280,80,1\n"
        + "b.png,val,100,100,,,,,,\n"
        + "c.png,test,100,100,with_mask,1,1,9,9,0\n"
    )
    return tmp_path


def test_each_box_gets_the_closest_find_and_no_find_twice() -> None:
    boxes = [SceneBox((0.0, 0.0, 10.0, 10.0), "with_mask"), SceneBox((4.0, 0.0, 14.0, 10.0), "with_mask")]
    finds = [(40.0, 40.0, 50.0, 50.0), (1.0, 0.0, 11.0, 10.0)]
    assert match(boxes, finds) == {0: 1}
    assert match(boxes, [*finds, (3.0, 0.0, 13.0, 10.0)]) == {0: 1, 1: 2}
    assert match(boxes, []) == match([], finds) == {}


def test_figures_of_what_the_client_sends(scenes: Path, model: Path) -> None:
    finds = {
        # On the red face; on the blue one but reaching far into the red; on the ignored one; on nothing.
        "a.png": [(30.0, 30.0, 80.0, 80.0), (230.0, 30.0, 280.0, 80.0)],
        "b.png": [(20.0, 20.0, 60.0, 60.0)],
    }
    figures = client_figures(scenes, "val", finds, model, CARD)
    assert figures is not None
    assert figures.scenes == 2
    assert (figures.found["with_mask"].value, figures.found["without_mask"].value) == (1.0, 0.0)
    assert figures.found["incorrect_mask"].count == 0
    assert figures.figure.framing == "client"
    assert (figures.figure.accuracy.value, figures.figure.accuracy.count) == (1.0, 1)
    assert figures.strict_by_size[48].count == 1
    # The ignored face is neither a false find nor a face.
    assert (figures.false_finds.value, figures.false_finds.count) == (1.0, 1)


def test_loss_is_against_the_labelled_box(scenes: Path, model: Path) -> None:
    table = (scenes / "scenes.csv").read_text().replace("130,30,160,60", "100,30,130,60")
    (scenes / "scenes.csv").write_text(table)
    # Wide enough to show more of the red face than of the blue one; just enough overlap to be the latter.
    figures = client_figures(scenes, "val", {"a.png": [(56.0, 30.0, 130.0, 60.0)]}, model, CARD)
    assert figures is not None
    assert figures.found["without_mask"].value == 1.0
    assert (figures.figure.accuracy.value, figures.figure.loss) == (0.0, 100.0)
    close = {"a.png": [(95.0, 30.0, 130.0, 60.0)]}
    figures = client_figures(scenes, "val", close, model, CARD)
    assert figures is not None
    assert (figures.figure.accuracy.value, figures.figure.loss) == (1.0, 0.0)
    far = {"a.png": [(50.0, 30.0, 130.0, 60.0)]}
    assert client_figures(scenes, "val", far, model, CARD) is None


def test_photographs_the_client_did_not_see_are_left_out(scenes: Path, model: Path) -> None:
    assert client_figures(scenes, "val", {"b.png": []}, model, CARD) is None


def test_crops_are_what_the_client_sends() -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (20, 24, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((240, 200), Image.Resampling.BICUBIC)
    box = (40, 30, 190, 170)
    sent = client_crop(np.asarray(picture), ClientBox(*box), CARD.crop_margin, CARD.input_size)
    ours = as_sent(cut_crop(picture, box, CARD.crop_margin), CARD)
    with Image.open(io.BytesIO(sent)) as theirs:
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
