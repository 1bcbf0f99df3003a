"""The shipped model keeps what its card and its document promise."""

import hashlib
from pathlib import Path

import pytest

from maskservice.modelcard import ModelCard
from maskservice.settings import bundled_model
from masktrain.dataset.samples import Split, read_samples
from masktrain.evaluation.figures import Evaluation, evaluate, onnx_logits
from masktrain.release.export import read_card

MODEL = bundled_model()
DOCUMENT = (MODEL.parent / "MODEL_CARD.md").read_text()
DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def card() -> ModelCard:
    return read_card(MODEL)


def test_it_is_small_enough_to_ship() -> None:
    assert MODEL.stat().st_size <= 15_000_000


def test_the_document_describes_this_very_file(card: ModelCard) -> None:
    assert f"sha256 `{hashlib.sha256(MODEL.read_bytes()).hexdigest()}`" in DOCUMENT
    assert DOCUMENT.startswith(f"# {card.name} {card.version}\n")
    for figure in ("val_macro_f1", "test_two_class_accuracy"):
        assert f"**{card.metrics[figure]:.4f}**" in DOCUMENT


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the labelled pictures of ../shared/data")
def test_the_figures_can_be_measured_again(card: ModelCard) -> None:
    def measured(split: Split) -> Evaluation:
        labels, logits = onnx_logits(MODEL, card, read_samples(DATA, (split,)))
        return evaluate(labels, logits, card)

    val, test = measured("val"), measured("test")
    assert val.macro_f1 == pytest.approx(card.metrics["val_macro_f1"], abs=0.002)
    assert test.two_class_accuracy == pytest.approx(card.metrics["test_two_class_accuracy"], abs=0.002)
    assert val.macro_f1 >= 0.94
    assert test.two_class_accuracy >= 0.97
