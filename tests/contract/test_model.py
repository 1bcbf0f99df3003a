"""The shipped model keeps what its card and its document promise."""

import hashlib
from pathlib import Path

import pytest

from maskservice.modelcard import ModelCard
from maskservice.settings import bundled_model
from masktrain.dataset.samples import Split
from masktrain.evaluation.measure import MEASURED, headline
from masktrain.evaluation.splits import Plan, SplitFigures, measure_split, run_split
from masktrain.release.export import read_card

MODEL = bundled_model()
DOCUMENT = (MODEL.parent / "MODEL_CARD.md").read_text()
DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def card() -> ModelCard:
    return read_card(MODEL)


def test_it_is_small_enough_to_ship() -> None:
    assert MODEL.stat().st_size <= 10_000_000


def test_the_document_describes_this_very_file(card: ModelCard) -> None:
    assert f"sha256 `{hashlib.sha256(MODEL.read_bytes()).hexdigest()}`" in DOCUMENT
    assert DOCUMENT.startswith(f"# {card.name} {card.version}\n")
    for figure in ("val_macro_f1", "test_strict_accuracy", "test_two_class_accuracy"):
        assert f"**{card.metrics[figure]:.4f}**" in DOCUMENT


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the labelled pictures of ../shared/data")
def test_the_figures_can_be_measured_again(card: ModelCard) -> None:
    def measured(split: Split) -> SplitFigures:
        return measure_split(DATA, split, run_split(DATA, split, MODEL, card), MODEL, card, Plan(crops=0))

    figures = headline({split: measured(split) for split in MEASURED})
    assert figures == pytest.approx(card.metrics, abs=0.002)
    assert figures["val_macro_f1"] >= 0.94
    assert figures["test_two_class_accuracy"] >= 0.97
