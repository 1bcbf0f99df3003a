import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskservice.batch.framing import Box
from maskservice.batch.judging import Judge
from maskservice.classifier import Classifier
from maskservice.errors import ImageTooLarge, PictureError
from maskservice.pipeline import PixelBudget, classify_uploads
from maskservice.schemas import JudgedCrop
from maskservice.uploads import Upload
from tests import pictures
from tests.batches import EXAMPLES

CROPS = sorted((EXAMPLES / "crops").glob("*.jpg"))


@pytest.mark.parametrize("path", CROPS, ids=lambda path: path.stem)
def test_a_crop_is_judged_as_the_api_judges_it(path: Path, judge: Judge, classifier: Classifier) -> None:
    data = path.read_bytes()
    (answer,) = classify_uploads([Upload(None, data)], classifier, PixelBudget(10**7, 10**7)).results
    assert isinstance(answer, JudgedCrop)
    judged = judge.crop(data)
    (face,) = judged.faces
    told = answer.model_dump(exclude={"index", "filename", "width", "height"})
    assert vars(face.judgement) == told
    assert face.size == judged.size == (answer.width, answer.height)
    assert face.box == Box(0, 0, answer.width, answer.height)
    assert face.score is None


def test_the_faces_of_a_photo_are_judged_each(judge: Judge) -> None:
    states = json.loads((EXAMPLES / "faces.json").read_text())["group.jpg"]
    judged = judge.photo((EXAMPLES / "group.jpg").read_bytes())
    assert judged.size == (720, 480)
    assert len(judged.faces) == len(states)
    labels = sorted(face.judgement.label for face in judged.faces)
    assert labels == sorted(state["state"] for state in states)
    assert [face.box.x1 for face in judged.faces] == sorted(face.box.x1 for face in judged.faces)
    assert all(stage > 0.0 for stage in judged.timing_ms.values())


def test_a_photo_without_faces_has_none(judge: Judge) -> None:
    judged = judge.photo(pictures.encode(Image.new("RGB", (300, 200), "grey")))
    assert (judged.size, judged.faces) == ((300, 200), [])


@pytest.mark.parametrize("side", [2, 4, 8])
def test_a_photo_of_more_pixels_has_the_same_faces_and_verdicts(side: int, judge: Judge) -> None:
    with Image.open(EXAMPLES / "group.jpg") as group:
        large = group.resize((720 * side, 480 * side), Image.Resampling.BICUBIC)
    small, big = judge.photo((EXAMPLES / "group.jpg").read_bytes()), judge.photo(pictures.encode(large))
    assert big.size == (720 * side, 480 * side)
    for before, after in zip(small.faces, big.faces, strict=True):
        assert np.allclose(np.array(after.box) / side, before.box, atol=6)
        assert after.judgement.verdict == before.judgement.verdict


def test_small_faces_of_a_large_photo_are_cut_out_of_all_its_pixels(judge: Judge) -> None:
    with Image.open(EXAMPLES / "group.jpg") as group:
        wide = Image.new("RGB", (2400, 1600), (90, 120, 90))
        wide.paste(group.resize((1800, 1200), Image.Resampling.BICUBIC), (300, 200))
    lossless, lossy = io.BytesIO(), io.BytesIO()
    wide.save(lossless, "PNG", compress_level=1)
    wide.save(lossy, "JPEG", quality=95)
    full, drafted = judge.photo(lossless.getvalue()), judge.photo(lossy.getvalue())
    assert len(full.faces) == len(drafted.faces) > 0
    for one, other in zip(full.faces, drafted.faces, strict=True):
        assert one.judgement.confidence == pytest.approx(other.judgement.confidence, abs=0.1)
        assert one.judgement.verdict == other.judgement.verdict


@pytest.mark.parametrize("kind", [*pictures.undecodable(), *pictures.too_large()])
def test_what_cannot_be_used_is_told(kind: str, judge: Judge) -> None:
    data = (pictures.undecodable() | pictures.too_large())[kind]
    for judging in (judge.crop, judge.photo):
        with pytest.raises(PictureError):
            judging(data)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("kind", pictures.unusual())
def test_unusual_pictures_are_judged_upright(kind: str, judge: Judge) -> None:
    data, size = pictures.unusual()[kind]
    assert judge.photo(data).size == size
    assert judge.crop(data).size == size


def test_the_limit_is_the_operators(judge: Judge) -> None:
    strict = Judge(judge.classifier, judge.finder, max_pixels=1000)
    with pytest.raises(ImageTooLarge, match="at most 1000 pixels"):
        strict.photo(pictures.jpeg())
