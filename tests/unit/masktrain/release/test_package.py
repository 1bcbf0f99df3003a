from pathlib import Path

import pytest
import torch
from torch import Tensor

from masktrain import cli
from masktrain.errors import ExportError
from masktrain.evaluation.measure import measure
from masktrain.release.export import read_card
from masktrain.release.package import package
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
    assert (card.version, card.input_size, card.crop_margin) == ("3.2.1", (32, 32), 0.15)
    assert card.temperature != 1.0
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


def test_evaluate_repeats_itself(published: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (published / "m.onnx").read_bytes(), (published / "CARD.md").read_text()
    arguments = ["evaluate", "--data", str(data), "--model", str(published / "m.onnx")]
    assert cli.main([*arguments, "--report", str(published / "CARD.md")]) == 0
    assert before == ((published / "m.onnx").read_bytes(), (published / "CARD.md").read_text())
    assert "val_macro_f1" in capsys.readouterr().out


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
