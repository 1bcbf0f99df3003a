import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from masktrain import cli
from masktrain.dataset.samples import read_samples
from masktrain.errors import ExportError
from masktrain.evaluation.figures import evaluate, onnx_logits
from masktrain.release.benchmark import Measured, Plan, run_benchmark
from masktrain.release.benchmark_report import format_table, list_figures, write_json, write_markdown
from masktrain.release.commands import _command
from masktrain.release.export import export_onnx, read_card
from masktrain.training.network import build_network
from tests.cards import CARD

YARDSTICK = "yardstick: mobilenet_v2 112 px fp32"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 4))
    path = tmp_path_factory.mktemp("models") / "shipped.onnx"
    export_onnx(network, CARD, path)
    return path


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with random weights, as a training leaves it."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("run") / "checkpoint.pt"
    weights = build_network("mobilenet_v3_small").state_dict()
    state = {
        "architecture": "mobilenet_v3_small",
        "input": {"input_size": [32, 32], "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3]},
        "average": {f"module.{name}": value for name, value in weights.items()},
    }
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def files(
    data: Path, checkpoint: Path, shipped: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The JSON and Markdown of a run of the command."""
    folder = tmp_path_factory.mktemp("benchmark")
    outputs = ["--json", str(folder / "new" / "b.json"), "--report", str(folder / "B.md")]
    sources = ["--checkpoint", str(checkpoint), "--model", str(shipped)]
    options = ["--data", str(data), "--sizes", "32", "--rounds", "5"]
    assert cli.main(["benchmark", *options, *sources, *outputs]) == 0
    return folder / "new" / "b.json", folder / "B.md"


def test_every_combination_is_measured(files: tuple[Path, Path]) -> None:
    figures = json.loads(files[0].read_text())
    assert all(set(figure) == {"name", "value", "unit", "target", "met"} for figure in figures)
    names = {
        figure["name"].partition(": one crop")[0] for figure in figures if ": one crop" in figure["name"]
    }
    checked = "mobilenet_v3_small 32 px"
    assert names == {YARDSTICK, f"{checked} fp32", f"{checked} int8", "shipped 32 px fp32"}
    values = {figure["name"]: figure for figure in figures}
    assert values[f"{checked} int8: file"]["value"] < 0.5 * values[f"{checked} fp32: file"]["value"]
    assert values["shipped 32 px fp32: over the yardstick"]["met"] is True
    assert values["shipped 32 px fp32: val strict accuracy"]["target"] is None
    assert "shipped 32 px fp32: test strict accuracy" in values


def test_the_document_names_command_and_machine(files: tuple[Path, Path]) -> None:
    text = files[1].read_text()
    assert text.startswith("# Size, resolution and precision\n")
    assert "ONNX Runtime" in text
    assert "python -m masktrain benchmark --data " in text
    assert text.count(" px ") >= 4
    assert "\n| mobilenet_v3_small 32 px int8 " in text


def test_accuracy_is_that_of_the_evaluation(files: tuple[Path, Path], data: Path, shipped: Path) -> None:
    values = {figure["name"]: figure["value"] for figure in json.loads(files[0].read_text())}
    card = read_card(shipped)
    for split in ("val", "test"):
        wanted = evaluate(*onnx_logits(shipped, card, read_samples(data, (split,))), card)
        assert values[f"shipped 32 px fp32: {split} strict accuracy"] == wanted.strict_accuracy
    assert "shipped 32 px fp32: test macro-F1" not in values


def test_latency_tells_the_model_from_the_whole_way(files: tuple[Path, Path]) -> None:
    values = {figure["name"]: figure["value"] for figure in json.loads(files[0].read_text())}
    shipped, yardstick = "shipped 32 px fp32", YARDSTICK
    model, whole = ": one crop through the model", ": JPEG to probabilities"
    assert 0 < values[shipped + model] < values[yardstick + model]
    assert values[shipped + model] < values[shipped + whole] < values[yardstick + whole]
    assert values[f"{shipped}: over the yardstick"] < 1.0


def test_nothing_to_compare_and_two_of_one_name_are_told(data: Path, shipped: Path) -> None:
    plan = Plan([], [], [], [], ("val",), rounds=3)
    with pytest.raises(ExportError, match="nothing to compare"):
        run_benchmark(plan, data)
    with pytest.raises(ExportError, match="2 candidates are called 'shipped 32 px fp32'"):
        run_benchmark(replace(plan, models=[shipped, shipped]), data)


ROWS = [Measured("yardstick", 9_000_000, 2.0, 1.0, 3.0), Measured("big", 11_000_000, 2.2, 1.1, 3.1)]


def test_a_target_that_is_missed_is_said_so(tmp_path: Path) -> None:
    met = {figure.name: figure.met for figure in list_figures(ROWS)}
    assert met["big: over the yardstick"] is False
    assert met["big: file"] is False
    assert met["big: one crop through the model"] is None
    assert not any(name.startswith("yardstick") and value is not None for name, value in met.items())
    write_json(tmp_path / "b.json", ROWS)
    write_markdown(tmp_path / "B.md", ROWS, "a machine", "a command", 7)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["B.md", "b.json"]
    assert "Measured on: a machine." in (tmp_path / "B.md").read_text()


def test_the_table_is_aligned() -> None:
    lines = format_table(ROWS).splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1
    assert lines[3].split("|")[1:3] == [" big       ", "              "]


def test_the_command_tells_no_folder_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = Namespace(
        data=tmp_path / "data",
        checkpoint=[tmp_path / "a b.pt"],
        model=[],
        sizes=[96, 112],
        precisions=["int8"],
        rounds=9,
        test=False,
    )
    assert _command(options) == (
        "python -m masktrain benchmark --data data --checkpoint 'a b.pt' --sizes 96,112 --precisions int8 "
        "--rounds 9 --no-test"
    )


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [("--sizes", "96,0", "invalid"), ("--precisions", "fp32,int4", "int4: choose from fp32, int8")],
)
def test_what_cannot_be_meant_is_refused(
    option: str, value: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["benchmark", "--data", "x", option, value])
    assert told in capsys.readouterr().err


def test_a_checkpoint_is_exported_with_its_own_normalisation(
    data: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.onnx"
    arguments = ["--data", str(data), "--checkpoint", str(checkpoint), "--model", str(model)]
    assert cli.main(["export", *arguments, "--precision", "fp32", "--version", "2.0.0"]) == 0
    card = read_card(model)
    assert (card.version, card.input_size, card.mean) == ("2.0.0", (32, 32), (0.4, 0.5, 0.6))
    assert "MB. Measure it with the command evaluate." in capsys.readouterr().out
