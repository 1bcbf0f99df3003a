"""A batch finds and judges as the client does with the API."""

import json
from pathlib import Path
from typing import Any

import pytest

from maskclient import crop as client_crop
from maskclient.cli import main
from maskclient.detector import Box as ClientBox
from maskservice.batch.framing import Box
from maskservice.batch.judging import Judge
from tests.batches import EXAMPLES, real_judge

PICTURES = sorted(EXAMPLES.glob("*.jpg"))


@pytest.fixture(scope="module")
def judge() -> Judge:
    return real_judge()


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `maskclient image --json` says of the examples."""
    arguments = ["image", *map(str, PICTURES), "--detector", "maskcheck", "--api", "local", "--json"]
    assert main(arguments) in (0, 1)
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    return {Path(line["path"]).name: line for line in lines}


def test_the_same_boxes_and_verdicts(told: dict[str, Any], judge: Judge) -> None:
    assert set(told) == {path.name for path in PICTURES}
    for path in PICTURES:
        judged = judge.photo(path.read_bytes())
        line = told[path.name]
        assert [line["width"], line["height"]] == list(judged.size)
        assert [face["box"] for face in line["faces"]] == [list(face.box) for face in judged.faces]
        for theirs, ours in zip(line["faces"], judged.faces, strict=True):
            assert theirs["score"] == pytest.approx(ours.score, abs=1e-3)
            assert theirs["result"]["label"] == ours.judgement.label
            assert theirs["result"]["verdict"] == ours.judgement.verdict
            # The client sends its crops as JPEG, scaled down.
            assert theirs["result"]["confidence"] == pytest.approx(ours.judgement.confidence, abs=0.1)


def test_the_same_crops() -> None:
    for corners in ((10, 20, 30, 60), (0, 0, 99, 61), (95, 55, 100, 62), (3, 3, 4, 4)):
        for margin in (0.0, 0.15, 0.33, 2.0):
            cut = client_crop._with_margin(ClientBox(*corners), margin, 100, 62)
            assert Box(*corners).with_margin(margin, (100, 62)) == cut
