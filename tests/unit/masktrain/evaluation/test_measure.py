"""One evaluation of a small model, and all that is written of it."""

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from masktrain import cli
from masktrain.dataset.samples import Split
from masktrain.evaluation.measure import measure
from masktrain.evaluation.modelfile import describe_model
from masktrain.evaluation.page import write_page
from masktrain.evaluation.plots import confusion_plot, reliability_plot, roc_plot, svg
from masktrain.evaluation.report import write_report
from masktrain.evaluation.splits import Plan, SplitFigures, measure_split, run_split
from masktrain.release.export import read_card
from masktrain.release.manifest import split_digest
from tests.cards import CARD
from tests.unit.masktrain.evaluation.conftest import write_colour_model


@dataclass(frozen=True)
class Written:
    model: Path
    card: Path
    folder: Path

    def figures(self) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
        document: dict[str, dict[str, dict[str, dict[str, object]]]] = json.loads(
            (self.folder / "figures.json").read_text()
        )
        return document


@pytest.fixture(scope="module")
def written(colours: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("written")
    (folder / "scenes.csv").write_text(
        "path,split,width,height,label,x1,y1,x2,y2,ignore\n"
        "val0.png,val,90,90,with_mask,30,30,60,60,0\nval3.png,val,90,90,incorrect_mask,30,30,60,60,0\n"
    )
    for picture in colours.glob("*.png"):
        (folder / picture.name).symlink_to(picture)
    (folder / "faces.csv").write_text((colours / "faces.csv").read_text())
    (folder / "corrections.csv").write_text("path,label,reason\nval0.png,drop,unclear\n")
    (folder / "boxes.jsonl").write_text('{"path": "val0.png", "boxes": [[28, 30, 62, 60], [0, 0, 9, 9]]}\n')
    (folder / "notes.md").write_text("## Data\n\nSquares.\n")
    model = folder / "m.onnx"
    write_colour_model(model)
    measure(
        folder,
        model,
        folder / "CARD.md",
        folder / "notes.md",
        report_dir=folder / "report",
        plan=Plan(crops=4, client_boxes=folder / "boxes.jsonl"),
    )
    return Written(model, folder / "CARD.md", folder / "report")


def test_the_card_gets_the_headline(written: Written) -> None:
    metrics = read_card(written.model).metrics
    assert set(metrics) == {
        "val_macro_f1",
        "val_accuracy",
        "val_calibration_error",
        "val_incorrect_recall",
        "val_incorrect_precision",
        "test_strict_accuracy",
        "test_two_class_accuracy",
        "test_accuracy",
        "test_calibration_error",
    }
    assert metrics["test_strict_accuracy"] == pytest.approx(6 / 7, abs=1e-4)
    assert metrics["val_incorrect_recall"] == 1.0


def test_the_document_tells_the_same(written: Written) -> None:
    text, metrics = written.card.read_text(), read_card(written.model).metrics
    for name in ("val_macro_f1", "test_strict_accuracy", "test_two_class_accuracy"):
        assert f"**{metrics[name]:.4f}**" in text
    assert "million parameters, fp32" in text
    assert text.count("| **incorrect_mask** |") == 2
    assert "| val | incorrect_mask recall | >= 0.92 | 1.0000 | yes | 3 |" in text
    assert "| test | strict accuracy, faces of 48 px and more | >= 0.995 |" in text
    assert "| the client's detector, crop and JPEG | 1.000" in text
    assert "Of\n1 finds where no box is, 1.000 are called not_face" in text
    assert "corrected before (0) or their crops left out (1)" in text
    assert text.endswith("## Data\n\nSquares.\n")
    assert "nan" not in text


def test_tables_are_whole(written: Written) -> None:
    """Every row of a Markdown table has as many cells as its head."""
    blocks = re.findall(r"(?:^\|.*\n)+", written.card.read_text(), re.MULTILINE)
    assert len(blocks) >= 14
    for block in blocks:
        assert len({row.replace("\\|", "").count("|") for row in block.splitlines()}) == 1, block


def test_the_file_of_figures_is_strict_json_of_the_final_model(written: Written) -> None:
    def refuse(constant: str) -> object:
        raise AssertionError(constant)

    text = (written.folder / "figures.json").read_text()
    document = json.loads(text, parse_constant=refuse)
    model = document["model"]
    assert (model["precision"], model["bytes"]) == ("fp32", written.model.stat().st_size)
    assert model["sha256"] in written.card.read_text()
    val = document["splits"]["val"]
    assert val["accuracy"]["n"] == val["crops"] == 12
    assert val["digest"] == split_digest(written.card.parent, "val")
    assert val["accuracy"]["low"] < val["accuracy"]["value"] < val["accuracy"]["high"]
    assert val["labels"]["incorrect_mask"]["recall"]["value"] == 1.0
    assert val["strict_accuracy"]["48"]["n"] == 4
    assert val["client"]["found"]["with_mask"] == {"value": 1.0, "low": 0.206549, "high": 1.0, "n": 1}
    assert val["uncorrected"]["crops"] == 13
    assert val["robustness"]["jpeg"][0]["n"] == 4
    assert val["verdicts"]["uncertain"].keys() == {"share"}
    assert document["splits"]["test"]["client"] is None
    assert {target["met"] for target in document["targets"]} <= {True, False, None}


class Reader(HTMLParser):
    """Notes what a page would fetch, and whether every element that is opened is closed."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name in {"src", "href"} and value:
                self.addresses.append(value)
            if name == "id" and value:
                self.anchors.add(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone(written: Written) -> None:
    reader = Reader()
    reader.feed((written.folder / "index.html").read_text())
    assert reader.open == []
    links = {address.removeprefix("#") for address in reader.addresses if address.startswith("#")}
    assert links == {"targets", "val", "test", "robustness", "val-mistakes", "test-mistakes"}
    assert links <= reader.anchors
    assert all(address.startswith(("#", "data:image/")) for address in reader.addresses)
    assert sum(address.startswith("data:image/svg+xml") for address in reader.addresses) == 7
    assert sum(address.startswith("data:image/jpeg") for address in reader.addresses) == 2  # the mistakes


def test_plots_are_files_too(written: Written) -> None:
    names = {path.stem for path in written.folder.glob("*.svg")}
    kinds = ("confusion", "roc", "reliability")
    assert names == {"robustness", *(f"{split}-{kind}" for split in ("val", "test") for kind in kinds)}
    for path in written.folder.glob("*.svg"):
        assert ElementTree.parse(path).getroot().tag.endswith("svg")  # noqa: S314 (our own file)


def test_measuring_again_changes_nothing(colours: Path, tmp_path: Path) -> None:
    model, card, folder = tmp_path / "m.onnx", tmp_path / "CARD.md", tmp_path / "report"
    write_colour_model(model)
    arguments = ["evaluate", "--data", str(colours), "--model", str(model), "--quick"]
    assert cli.main([*arguments, "--report", str(card), "--report-dir", str(folder)]) == 0
    before = model.read_bytes(), card.read_text()
    assert "From the photograph" not in (folder / "index.html").read_text()
    measure(colours, model, card)
    assert before == (model.read_bytes(), card.read_text())


def test_the_same_figures_give_the_same_plot() -> None:
    confusion = np.diag([3, 2, 1, 0])
    assert svg(confusion_plot(confusion)) == svg(confusion_plot(confusion))
    assert svg(roc_plot([])) != svg(reliability_plot([]))


def test_without_conditions_there_are_no_such_tables(colours: Path, model: Path, tmp_path: Path) -> None:
    plan = Plan(crops=0)
    splits: dict[Split, SplitFigures] = {
        "val": measure_split(colours, "val", run_split(colours, "val", model, CARD), model, CARD, plan)
    }
    write_report(tmp_path / "CARD.md", model, CARD, splits)
    text = (tmp_path / "CARD.md").read_text()
    assert "| framing |" not in text
    assert "| damage |" not in text
    page = write_page(tmp_path / "report", describe_model(model), CARD, splits, {"val": []})
    assert not (tmp_path / "report" / "robustness.svg").exists()
    assert "Robustness" not in page.read_text()
    assert "<p>None.</p>" in page.read_text()


def test_client_boxes_is_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["client-boxes", "--data", str(tmp_path), "--out", str(tmp_path / "b.jsonl")]) == 2
    assert "no whole photographs" in capsys.readouterr().err
