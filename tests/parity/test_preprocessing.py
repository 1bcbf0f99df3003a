"""The tensor seen in training is the tensor the service gives its session, to the last bit."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from maskservice.app import create_app
from maskservice.classifier import Classifier
from maskservice.settings import Settings
from masktrain.dataset.samples import Sample, read_samples
from masktrain.framing import CROP_MARGIN, cut_crop
from masktrain.training.loading import FixedCrops
from tests.callers import AsgiCaller, multipart
from tests.pictures import encode

EXAMPLES = Path(__file__).parents[2] / "client" / "examples"
SHARED = Path(__file__).parents[3] / "shared" / "data"
MODES = ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")


class Recorder:
    """A session that keeps what it is given."""

    def __init__(self) -> None:
        self.seen: list[npt.NDArray[np.float32]] = []

    def run(
        self, output_names: Sequence[str] | None, input_feed: dict[str, npt.NDArray[np.float32]]
    ) -> Sequence[npt.NDArray[np.float32]]:
        del output_names
        (batch,) = input_feed.values()
        self.seen.append(batch)
        return [np.zeros((len(batch), 4), np.float32)]


def served(crops: list[bytes], settings: Settings, classifier: Classifier) -> npt.NDArray[np.float32]:
    """Post crops to the application and return all that reaches the session."""
    session = Recorder()
    app = create_app(settings, Classifier(session, "pixels", classifier.card, classifier.sha256))
    body, content_type = multipart([(f"{number}.png", crop) for number, crop in enumerate(crops)])
    assert AsgiCaller(app)("POST", "/v1/classify", body, content_type).status == 200
    return np.concatenate(session.seen)


def check(samples: list[Sample], settings: Settings, classifier: Classifier) -> None:
    fixed = FixedCrops(samples, classifier.card)
    crops = [encode(cut_crop(s.load(), s.box, CROP_MARGIN), "PNG") for s in samples]
    batch = served(crops, settings, classifier)
    for row, (tensor, _) in zip(batch, (fixed[i] for i in range(len(fixed))), strict=True):
        np.testing.assert_array_equal(row, tensor.numpy())


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    faces = json.loads((EXAMPLES / "faces.json").read_text())
    with (folder / "faces.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["path", "label", "source", "split", "x1", "y1", "x2", "y2"])
        for name, boxes in faces.items():
            (folder / name).write_bytes((EXAMPLES / name).read_bytes())
            writer.writerows([name, box["state"], "own", "val", *box["box"]] for box in boxes)
    return folder


def test_card_tells_the_margin_training_cuts_with(classifier: Classifier) -> None:
    assert classifier.card.crop_margin == CROP_MARGIN


def test_own_pictures(examples: Path, settings: Settings, classifier: Classifier) -> None:
    check(read_samples(examples, ("val",)), settings, classifier)


@pytest.mark.parametrize("mode", MODES)
def test_every_kind_of_picture(mode: str, tmp_path: Path, settings: Settings, classifier: Classifier) -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (67, 53, 3), dtype=np.uint8)
    if mode == "I;16":
        picture = Image.fromarray((pixels[..., 0].astype(np.uint16) << 8) + pixels[..., 1])
    else:
        picture = Image.fromarray(pixels).convert(mode)
        if mode in ("RGBA", "LA"):
            picture.putalpha(Image.fromarray(pixels[..., 2]))
    (tmp_path / "face.png").write_bytes(encode(picture, "PNG"))
    sample = Sample(tmp_path / "face.png", "with_mask", "own", "val", (0.0, 0.0, 53.0, 67.0))
    (tensor, _) = FixedCrops([sample], classifier.card)[0]
    (row,) = served([(tmp_path / "face.png").read_bytes()], settings, classifier)
    np.testing.assert_array_equal(row, tensor.numpy())


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the labelled pictures of ../shared/data")
def test_pictures_of_the_data_set(settings: Settings, classifier: Classifier) -> None:
    samples = read_samples(SHARED, ("val",))
    check(samples[:: len(samples) // 12][:12], settings, classifier)
