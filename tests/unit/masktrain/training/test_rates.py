import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import read_samples
from masktrain.errors import TrainingError
from masktrain.training.preparation import Preparation, prepare
from masktrain.training.rates import RateCurve, plot_curve, range_test, write_curve
from masktrain.training.settings import TrainingSettings

SETTINGS = TrainingSettings(
    input_size=(32, 32),
    architecture="mobilenet_v3_small",
    frozen_blocks=0,
    batch_size=4,
    workers=0,
    device="cpu",
)


@pytest.fixture
def prepared(data: Path) -> Preparation:
    return prepare(read_samples(data, ("train",)), SETTINGS, "none", None, Augmentation())


@pytest.fixture
def valley() -> RateCurve:
    """A loss that falls fastest at 1e-3, is lowest at about 1e-1.5, and rises again."""
    rates = np.geomspace(1e-6, 1.0, 121)
    exponents = np.log10(rates)
    losses = 2.0 - np.tanh(2 * (exponents + 3)) + 3.0 * np.clip(exponents + 1.5, 0, None) ** 2
    return RateCurve(rates, losses, losses)


def test_the_suggestion_is_where_the_loss_falls_fastest(valley: RateCurve) -> None:
    assert valley.suggestion == pytest.approx(1e-3, rel=0.15)
    assert 1e-2 < valley.lowest < 1e-1


def test_a_loss_that_only_rises_suggests_the_lowest_rates() -> None:
    rates = np.geomspace(1e-6, 1.0, 20)
    curve = RateCurve(rates, np.arange(20.0), np.arange(20.0))
    assert curve.suggestion == pytest.approx(1e-6)


def test_rates_rise_and_the_loss_is_kept(prepared: Preparation) -> None:
    before = prepared.network.state_dict()["features.0.0.weight"].clone()
    curve = range_test(prepared, SETTINGS, 20)
    assert 10 <= len(curve.rates) <= 20
    assert curve.rates[0] == pytest.approx(1e-6)
    assert np.all(np.diff(curve.rates) > 0)
    assert np.isfinite(curve.losses).all()
    assert len(curve.losses) == len(curve.smoothed) == len(curve.rates)
    assert not before.equal(prepared.network.state_dict()["features.0.0.weight"])


def test_only_the_last_layer_may_learn(prepared: Preparation) -> None:
    before = prepared.network.state_dict()["features.0.0.weight"].clone()
    range_test(prepared, SETTINGS, 10, whole=False)
    assert before.equal(prepared.network.state_dict()["features.0.0.weight"])


def test_too_few_steps_are_refused(prepared: Preparation) -> None:
    with pytest.raises(TrainingError, match="take 50 or more"):
        range_test(prepared, SETTINGS, 5)


def test_a_loss_that_explodes_at_once_is_told(prepared: Preparation) -> None:
    for parameter in prepared.network.parameters():
        parameter.data.fill_(float("nan"))
    with pytest.raises(TrainingError, match="exploded"):
        range_test(prepared, replace(SETTINGS, precision="fp32"), 20)


def test_the_curve_is_written_and_drawn(valley: RateCurve, tmp_path: Path) -> None:
    write_curve(valley, tmp_path / "out" / "rates.csv")
    with (tmp_path / "out" / "rates.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 121
    assert float(rows[60]["rate"]) == pytest.approx(1e-3)
    assert float(rows[60]["loss"]) == float(rows[60]["smoothed_loss"]) == pytest.approx(2.0)
    plot_curve(valley, tmp_path / "rates.png", "a title")
    with Image.open(tmp_path / "rates.png") as plot:
        assert plot.format == "PNG"
        assert min(plot.size) > 400
    plot_curve(valley, tmp_path / "rates.svg", "a title")
    assert "<svg" in (tmp_path / "rates.svg").read_text()
