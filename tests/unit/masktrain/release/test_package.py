from pathlib import Path
from typing import get_args

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from masktrain import cli
from masktrain.dataset.samples import read_samples
from masktrain.errors import ExportError
from masktrain.evaluation.calibrate import probabilities
from masktrain.evaluation.figures import onnx_logits
from masktrain.evaluation.measure import measure
from masktrain.framing import CROP_MARGIN
from masktrain.release.export import read_card
from masktrain.release.package import Precision, package
from masktrain.training.network import build_network


@pytest.fixture(scope="module")
def published(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("published")
    package(build_network(), "3.2.1", (32, 32), data, folder / "m.onnx")
    measure(data, folder / "m.onnx", folder / "CARD.md")
    return folder


def test_card_is_filled_from_measurements(published: Path) -> None:
    card = read_card(published / "m.onnx")
    assert (card.version, card.input_size, card.crop_margin) == ("3.2.1", (32, 32), CROP_MARGIN)
    assert 0.04 < card.temperature < 21
    assert card.quality.min_brightness > 10
    assert card.quality.min_sharpness > 0
    assert 0.5 <= card.thresholds.compliant <= 0.99
    assert set(card.metrics) >= {"val_macro_f1", "test_two_class_accuracy"}


def test_report_tells_the_cards_figures(published: Path) -> None:
    card = read_card(published / "m.onnx")
    report = (published / "CARD.md").read_text()
    assert report.startswith("# mask-classifier 3.2.1\n")
    assert f"**{card.metrics['val_macro_f1']:.4f}**" in report
    assert f"`violation` {card.thresholds.violation:g}" in report
    assert report.count("| **incorrect_mask** |") == 2  # val and test


def test_report_claims_nothing_of_data_it_does_not_know(published: Path, data: Path, tmp_path: Path) -> None:
    report = (published / "CARD.md").read_text()
    assert "collections" not in report
    assert "| File | `m.onnx`" in report
    (tmp_path / "notes.md").write_text("## Data\n\nTwo portraits.\n")
    measure(data, published / "m.onnx", tmp_path / "CARD.md", tmp_path / "notes.md")
    assert (tmp_path / "CARD.md").read_text() == report + "\n## Data\n\nTwo portraits.\n"


def test_a_figure_that_cannot_be_taken_leaves_the_card_readable(
    published: Path, data: Path, tmp_path: Path
) -> None:
    rows = (data / "faces.csv").read_text().splitlines()
    kept = [row for row in rows if ",test," not in row or ",not_face," in row]
    (tmp_path / "faces").symlink_to(data / "faces")
    (tmp_path / "faces.csv").write_text("\n".join(kept) + "\n")
    model = tmp_path / "m.onnx"
    model.write_bytes((published / "m.onnx").read_bytes())
    measure(tmp_path, model, tmp_path / "CARD.md")
    assert "test_two_class_accuracy" not in read_card(model).metrics
    assert "test_accuracy" in read_card(model).metrics


def test_evaluate_repeats_itself(
    published: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (published / "m.onnx").read_bytes(), (published / "CARD.md").read_text()
    arguments = ["evaluate", "--data", str(data), "--model", str(published / "m.onnx")]
    reports = ["--report", str(published / "CARD.md"), "--report-dir", str(tmp_path / "report")]
    assert cli.main([*arguments, *reports]) == 0
    assert before == ((published / "m.onnx").read_bytes(), (published / "CARD.md").read_text())
    assert "val_macro_f1" in capsys.readouterr().out


def test_the_labels_of_val_keep_their_frequency(published: Path, data: Path) -> None:
    """The network is biased by nature of its random weights; after packaging its mean answer is val's."""
    samples = read_samples(data, ("val",))
    labels, logits = onnx_logits(published / "m.onnx", read_card(published / "m.onnx"), samples)
    answers = probabilities(logits, read_card(published / "m.onnx").temperature).mean(axis=0)
    assert answers == pytest.approx(np.bincount(labels, minlength=4) / len(labels), abs=0.02)


class Unfaithful(torch.nn.Module):
    """Computes one thing while it is exported and another afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = torch.nn.AdaptiveAvgPool2d(1)
        self.last = torch.nn.Linear(3, 4)

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.last(self.pool(pixels).flatten(1))
        return logits if torch.compiler.is_exporting() else logits + 0.01


def test_unfaithful_export_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"differ by up to 0\.01"):
        package(Unfaithful(), "1.0.0", (32, 32), data, tmp_path / "m.onnx")


class Probe(nn.Module):
    """Judges by the mean colour, through layers of which the second can become int8.

    Parameters
    ----------
    loudest : float
        How far the first feature, which no later layer looks at, exceeds the others.
    certainty : float
        How far its answers lie apart.
    """

    def __init__(self, loudest: float, certainty: float = 10.0) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.first = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.second = nn.Conv2d(8, 8, 1)
        self.last = nn.Linear(8, 4)
        with torch.no_grad():
            self.first.weight[0] *= loudest
            self.second.weight[:, 0] = 0.0
            self.last.weight *= certainty

    def forward(self, pixels: Tensor) -> Tensor:
        features = torch.relu(self.second(torch.relu(self.first(pixels))))
        logits: Tensor = self.last(nn.functional.adaptive_avg_pool2d(features, 1).flatten(1))
        return logits


def test_int8_is_packaged_with_figures_of_its_own_outputs(data: Path, tmp_path: Path) -> None:
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
    cards = {}
    for precision in get_args(Precision):
        model = tmp_path / f"{precision}.onnx"
        package(Probe(1.0), "1.0.0", (32, 32), data, model, mean=mean, std=std, precision=precision)
        cards[precision] = read_card(model)
        operators = {node.op_type for node in onnx.load(model).graph.node}
        assert ("QuantizeLinear" in operators) == (precision == "int8")
        assert (cards[precision].mean, cards[precision].std) == (mean, std)
    assert cards["int8"].temperature != cards["fp32"].temperature
    assert cards["int8"].temperature == pytest.approx(cards["fp32"].temperature, rel=0.05)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fp32.onnx", "int8.onnx"]


def test_int8_that_answers_otherwise_is_refused(data: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.onnx"
    model.write_text("the model before")
    with pytest.raises(ExportError, match=r"As int8 the model gives .* Export it as fp32"):
        package(Probe(1e5, certainty=2e3), "1.0.0", (32, 32), data, model, precision="int8")
    assert model.read_text() == "the model before"
    package(Probe(1e5, certainty=2e3), "1.0.0", (32, 32), data, model)
    assert read_card(model).version == "1.0.0"
