"""The arithmetic and the document of the detectors' benchmark; no figure is held to a target here."""

from math import isnan, nan
from pathlib import Path

import pytest

from masktrain.detector.measure import SIZES, DetectionFigures
from masktrain.evaluation.intervals import UNKNOWN, Estimate
from tests.benchmarks import detectors
from tests.benchmarks.detectors import Row, document, joined, main, names, table


def of(value: float, count: int) -> Estimate:
    return Estimate(value, UNKNOWN, count)


def row(name: str, split: str) -> Row:
    recall = {"with_mask": of(0.5, 30), "incorrect_mask": of(1.0, 10), "without_mask": of(nan, 0)}
    sizes = dict(zip(SIZES, [of(0.25, 4), of(0.5, 16), of(0.75, 20)], strict=True))
    return Row(name, split, DetectionFigures(recall, sizes, 3, 12), of(0.6, 40))  # type: ignore[arg-type]


def test_groups_are_joined_by_their_faces() -> None:
    assert joined([of(0.5, 30), of(1.0, 10), of(nan, 0)]) == (0.625, 40)
    share, count = joined([of(nan, 0)])
    assert isnan(share)
    assert count == 0


def test_the_table_has_the_rows_of_its_split_only() -> None:
    lines = table([row("haar", "val"), row("haar", "test"), row("yunet", "val")], "val").splitlines()
    assert len(lines) == 4
    assert lines[2] == (
        "| haar | 0.625 of 40 | none | 0.250 of 4 | 0.500 of 16 | 0.750 of 20 | 0.25 | 0.600 of 40 |"
    )
    assert len({line.count("|") for line in lines}) == 1


def test_the_document_states_its_command_and_the_times() -> None:
    told = document(
        [row("haar", "val"), row("haar", "test")], {"haar": 512.4}, "python -m it --data x", "a PC"
    )
    assert "    python -m it --data x\n" in told
    assert "| haar | 512 |" in told
    assert told.count("12 photographs") == 2


def test_yunet_is_left_out_where_its_file_is_not_at_hand() -> None:
    assert "yunet" in names(Path("yunet.onnx"))
    assert "yunet" not in names(None)


def test_what_cannot_be_measured_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detectors, "_opened", {})
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "out.md")]) == 2
    assert "scenes.csv" in capsys.readouterr().err
    assert not (tmp_path / "out.md").exists()
