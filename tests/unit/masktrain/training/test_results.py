from dataclasses import replace

from masktrain.training.architectures import ARCHITECTURES
from masktrain.training.entries import Entry
from masktrain.training.results import Latency, Line, format_results
from masktrain.training.settings import TrainingSettings
from tests.unit.masktrain.training.test_entries import ROW

SETTINGS = TrainingSettings(input_size=(96, 96), epochs=4)


def table(*lines: Line) -> list[list[str]]:
    text = format_results(
        lines,
        [ARCHITECTURES["vgg16"]],
        {"resnet18": Latency(3.21, 2.5), "mobilenet_v2": Latency(1.28, 1.0)},
        SETTINGS,
        (100, 20),
    )
    assert text.endswith("|\n")
    return [
        [cell.strip() for cell in row.strip("|").split("|")] for row in text.splitlines() if row[:1] == "|"
    ]


def test_rows_tell_what_was_measured_and_how() -> None:
    header, _, row, absent = table(Line(Entry("resnet18", "finetune", "here"), ROW, "a command"))
    cells = dict(zip(header, row, strict=True))
    assert cells["architecture"] == "ResNet-18"
    assert cells["stage"] == "fine-tuned"
    assert (cells["accuracy"], cells["macro-F1"]) == ("0.9000", "0.8000")
    assert (cells["precision"], cells["recall"]) == ("0.8500", "0.7500")
    assert (cells["latency (ms)"], cells["÷ MobileNetV2"]) == ("3.21", "2.50")
    assert (cells["size (MB)"], cells["energy (Wh)"], cells["time (min)"]) == ("44.7", "10.0", "10")
    assert cells["command"] == f"`{ROW.command}`"
    assert len(absent) == len(header)
    assert "vgg16-397923af.pth" in absent[3]
    assert absent[3].startswith("not made")


def test_rows_not_made_yet_say_so() -> None:
    header, _, row, _ = table(Line(Entry("resnet18", "finetune", "none"), None, "a command"))
    assert len(row) == len(header)
    assert row[2:4] == ["**from scratch**", "not made yet"]
    assert row[-1] == "`a command`"


def test_what_started_from_nothing_is_marked() -> None:
    entry = Entry("resnet18", "finetune", "none")
    *_, row, _ = table(Line(entry, replace(ROW, weights="none", energy_kwh=None), "a command"))
    assert row[2] == "**from scratch**"
    assert row[10] == "-"


def test_the_head_says_what_all_rows_share() -> None:
    text = format_results([], [], {}, SETTINGS, (100, 20))
    assert "All rows: 96 px, 4 epoch(s) " in text
    assert "100 training and 20 validation crops" in text
