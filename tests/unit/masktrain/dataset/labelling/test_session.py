from pathlib import Path

import pytest
from PIL import Image

from masktrain.dataset.labelling.decisions import Decisions
from masktrain.dataset.labelling.editor import EditedFace
from masktrain.dataset.labelling.session import LabellingSession
from masktrain.errors import DatasetError
from tests.pictures import scene


class Proposals:
    """Finds one face in every photograph and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, photograph: Image.Image) -> tuple[EditedFace, ...]:
        self.asked += 1
        return (EditedFace((0, 0, photograph.width / 2, photograph.height / 2), None, "fake"),)


@pytest.fixture
def propose() -> Proposals:
    return Proposals()


@pytest.fixture
def decisions(tmp_path: Path) -> Decisions:
    return Decisions(tmp_path / "boxes.json")


def folder(tmp_path: Path, *names: str) -> tuple[Path, list[str]]:
    """A folder of photographs; those whose name has an x are broken."""
    for number, name in enumerate(names):
        scene(60 + number, 40).save(tmp_path / name)
        if "x" in name:
            (tmp_path / name).write_bytes(b"no picture")
    return tmp_path, list(names)


def test_a_photograph_is_decided_when_every_box_has_a_label(
    tmp_path: Path, decisions: Decisions, propose: Proposals
) -> None:
    session = LabellingSession(*folder(tmp_path, "a.png", "b.png"), decisions, propose)
    assert (session.name, session.place, session.picture.size) == ("a.png", (1, 2), (60, 40))
    assert not session.confirm()
    assert (session.name, session.decided) == ("a.png", 0)
    session.editor.set_label("with_mask")
    assert session.confirm()
    assert (session.name, session.decided, session.editor.can_undo) == ("b.png", 1, False)
    session.editor.delete()
    assert session.confirm()  # a photograph without a face is decided, too
    assert (session.name, session.decided) == ("b.png", 2)  # the last one stays open
    assert decisions.faces("a.png") == (EditedFace((0, 0, 30, 20), "with_mask", "fake"),)


def test_what_is_skipped_is_kept_and_not_decided(
    tmp_path: Path, decisions: Decisions, propose: Proposals
) -> None:
    session = LabellingSession(*folder(tmp_path, "a.png", "b.png"), decisions, propose)
    session.editor.set_label("not_face")
    session.skip()
    session.back()
    assert session.name == "a.png"
    assert session.editor.faces[0].label == "not_face"
    assert (session.decided, propose.asked) == (0, 2)  # nothing is looked for twice
    session.back()
    assert session.name == "a.png"


def test_going_back_to_a_decided_photograph_keeps_it_decided(
    tmp_path: Path, decisions: Decisions, propose: Proposals
) -> None:
    session = LabellingSession(*folder(tmp_path, "a.png", "b.png"), decisions, propose)
    session.editor.set_label("with_mask")
    session.confirm()
    session.back()
    session.editor.set_label("incorrect_mask")
    session.keep()
    assert decisions.is_decided("a.png")
    assert decisions.faces("a.png")[0].label == "incorrect_mask"
    session.editor.press(40, 30, 2)
    session.editor.drag(59, 39)
    session.keep()  # the mouse still held the new box
    assert not decisions.is_decided("a.png")
    assert len(decisions.faces("a.png")) == 2


def test_broken_photographs_are_passed_over_and_told(
    tmp_path: Path, decisions: Decisions, propose: Proposals
) -> None:
    names = ("x1.png", "a.png", "x2.png", "b.png", "x3.png")
    session = LabellingSession(*folder(tmp_path, *names), decisions, propose)
    assert (session.name, session.place) == ("a.png", (1, 4))
    session.skip()
    assert (session.name, session.place) == ("b.png", (2, 3))
    session.skip()
    assert (session.name, session.place) == ("b.png", (2, 2))
    session.back()
    assert session.name == "a.png"
    assert [problem.partition(":")[0] for problem in session.problems] == ["x1.png", "x2.png", "x3.png"]


def test_a_photograph_that_breaks_meanwhile_is_passed_over_backwards(
    tmp_path: Path, decisions: Decisions, propose: Proposals
) -> None:
    session = LabellingSession(*folder(tmp_path, "a.png", "b.png", "c.png"), decisions, propose)
    session.skip()
    session.skip()
    (tmp_path / "b.png").unlink()
    session.back()
    assert (session.name, session.place) == ("a.png", (1, 2))
    session.skip()
    (tmp_path / "a.png").unlink()
    session.back()
    assert (session.name, session.place) == ("c.png", (1, 1))


def test_only_broken_photographs_are_an_error(
    tmp_path: Path, decisions: Decisions, propose: Proposals
) -> None:
    with pytest.raises(DatasetError, match=r"The first: x1\.png: This is not"):
        LabellingSession(*folder(tmp_path, "x1.png", "x2.png"), decisions, propose)
