from pathlib import Path

import numpy as np
import pytest

from masktrain.evaluation.splits import Plan, SplitOutputs, measure_split, run_split
from tests.cards import CARD


def test_outputs_belong_to_their_samples(colours: Path, model: Path) -> None:
    outputs = run_split(colours, "test", model, CARD)
    assert {sample.split for sample in outputs.samples} == {"test"}
    assert len(outputs.samples) == len(outputs.labels) == len(outputs.logits) == 10


def test_parts_make_up_the_whole(colours: Path, outputs: SplitOutputs, model: Path) -> None:
    figures = measure_split(colours, "val", outputs, model, CARD, Plan(crops=0))
    assert figures.whole.crops == 13
    assert set(figures.by_source) == {"source0", "source1"}
    assert sum(part.crops for part in figures.by_source.values()) == 13
    assert {name: part.crops for name, part in figures.by_size.items()} == {
        "24 to 32 px": 5,
        "48 to 96 px": 8,
    }
    assert figures.whole.strict_by_size[48].count == 4
    assert len(figures.roc) == 4
    assert sum(part.count for part in figures.reliability) == 13
    assert (figures.framings, figures.robustness, figures.client, figures.uncorrected) == ([], {}, None, None)


def test_a_plan_says_how_many_crops_are_changed(colours: Path, outputs: SplitOutputs, model: Path) -> None:
    figures = measure_split(colours, "val", outputs, model, CARD, Plan(crops=5))
    assert {framing.accuracy.count for framing in figures.framings} == {5}
    assert {point.accuracy.count for curve in figures.robustness.values() for point in curve} == {5}


def test_sizes_below_and_above_have_names(
    colours: Path, outputs: SplitOutputs, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = np.array([10, 200] + [50] * 11)
    monkeypatch.setattr("masktrain.evaluation.splits.face_sizes", lambda _samples: sizes)
    figures = measure_split(colours, "val", outputs, model, CARD, Plan(crops=0))
    assert list(figures.by_size) == ["under 24 px", "48 to 96 px", "96 px and more"]


def test_corrections_are_told_with_the_figures_before_them(
    colours: Path, model: Path, tmp_path: Path
) -> None:
    for picture in colours.glob("*.png"):
        (tmp_path / picture.name).symlink_to(picture)
    (tmp_path / "faces.csv").write_text((colours / "faces.csv").read_text())
    # The one with the wrong label, and another that is left out.
    (tmp_path / "corrections.csv").write_text(
        "path,label,reason\nval12.png,without_mask,bare\nval0.png,drop,unclear\n"
    )
    outputs = run_split(tmp_path, "val", model, CARD)
    figures = measure_split(tmp_path, "val", outputs, model, CARD, Plan(crops=0))
    assert (figures.corrections.relabelled, figures.corrections.dropped) == (1, 1)
    assert (figures.whole.crops, figures.whole.accuracy) == (12, 1.0)
    assert figures.uncorrected is not None
    assert figures.uncorrected.crops == 13
    assert figures.uncorrected.accuracy == pytest.approx(12 / 13)


def test_the_client_is_measured_where_its_boxes_are_given(
    colours: Path, outputs: SplitOutputs, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "faces.csv").write_text((colours / "faces.csv").read_text())
    (tmp_path / "scenes.csv").write_text(
        "path,split,width,height,label,x1,y1,x2,y2,ignore\nval0.png,val,90,90,with_mask,30,30,60,60,0\n"
    )
    (tmp_path / "val0.png").symlink_to(colours / "val0.png")
    boxes = tmp_path / "boxes.jsonl"
    boxes.write_text('{"path": "val0.png", "boxes": [[28, 30, 62, 60]]}\n')
    figures = measure_split(tmp_path, "val", outputs, model, CARD, Plan(0, boxes))
    assert figures.client is not None
    assert figures.client.figure.accuracy.value == 1.0
