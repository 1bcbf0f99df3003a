import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from masktrain.cli import main
from masktrain.dataset.labelling.decisions import Decisions
from masktrain.dataset.labelling.editor import EditedFace
from masktrain.dataset.labelling.session import LabellingSession
from masktrain.dataset.table import read_table
from masktrain.geometry import Box
from tests.e2e.display import virtual_display
from tests.pictures import scene

if TYPE_CHECKING:
    import tkinter
    from tkinter import ttk
else:
    tkinter = pytest.importorskip("tkinter")
    ttk = pytest.importorskip("tkinter.ttk")

from masktrain.dataset.labelling.window import LabelWindow

FOUND = EditedFace((40, 30, 120, 110), None, "fake")
EXAMPLES = Path(__file__).parents[2] / "client" / "examples"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with virtual_display() as number:
        yield number


class Hand:
    """What a person does at the window: keys, and the mouse in the photograph's pixels."""

    def __init__(self, root: "tkinter.Tk", window: LabelWindow) -> None:
        self.root, self.window = root, window
        self.root.focus_force()
        self.root.update()

    def key(self, *keys: str) -> None:
        for key in keys:
            self.root.event_generate(key)
            self.root.update()

    def drag(self, *points: tuple[float, float]) -> None:
        events = ["<ButtonPress-1>", *["<B1-Motion>"] * (len(points) - 1), "<ButtonRelease-1>"]
        for event, (x, y) in zip(events, [*points, points[-1]], strict=True):
            across, down, *_ = self.window._viewport.to_canvas((x, y, x, y))
            self.window._canvas.event_generate(event, x=round(across), y=round(down))
            self.root.update()

    def press(self, text: str) -> None:
        (bar,) = (child for child in self.root.winfo_children() if child.winfo_children())
        for button in bar.winfo_children():
            if isinstance(button, (tkinter.Button, ttk.Button)) and button.cget("text") == text:
                button.invoke()
        self.root.update()

    @property
    def told(self) -> str:
        return self.window._status.get()


@pytest.fixture
def session(tmp_path: Path) -> LabellingSession:
    for number, name in enumerate(("a.png", "b.png")):
        scene(400, 200, number).save(tmp_path / name)
    decisions = Decisions(tmp_path / "boxes.json")
    return LabellingSession(tmp_path, ["a.png", "b.png"], decisions, lambda _: (FOUND,))


@pytest.fixture
def hand(display: str, session: LabellingSession) -> Iterator[Hand]:
    assert os.environ["DISPLAY"] == display
    root = tkinter.Tk()
    hand = Hand(root, LabelWindow(root, session))
    yield hand
    if root.children:
        root.destroy()


def near(box: Box, expected: Box) -> bool:
    return box == pytest.approx(expected, abs=1)


def test_boxes_are_labelled_corrected_and_drawn(hand: Hand, session: LabellingSession) -> None:
    assert hand.told == "Photograph 1 of 2 · 0 decided · 1 box, 1 without a label · a.png (400 x 200)"
    hand.key("<Return>")
    assert hand.told.startswith("This box has no label")
    hand.key("2")
    hand.drag((120, 110), (130, 125), (140, 150))  # the corner
    hand.drag((250, 40), (350, 90), (320, 120))  # a new box
    hand.key("4")
    drawn = [(face.box, face.label) for face in session.editor.faces]
    assert near(drawn[0][0], (40, 30, 140, 150))
    assert near(drawn[1][0], (250, 40, 320, 120))
    assert [label for _, label in drawn] == ["incorrect_mask", "not_face"]
    assert "2 boxes ·" in hand.told
    hand.key("<Right>")
    assert session.name == "b.png"
    assert "Photograph 2 of 2 · 1 decided" in hand.told


def test_the_keyboard_undoes_and_deletes(hand: Hand, session: LabellingSession) -> None:
    hand.drag((80, 70), (100, 90))
    assert near(session.editor.faces[0].box, (60, 50, 140, 130))
    hand.key("<Control-z>")
    assert list(session.editor.faces) == [FOUND]
    hand.key("<Delete>")
    assert list(session.editor.faces) == []
    hand.key("<Control-z>", "<BackSpace>", "s", "<Left>", "<Tab>")
    assert session.name == "a.png"
    assert list(session.editor.faces) == []


def test_the_mouse_alone_will_do(hand: Hand, session: LabellingSession) -> None:
    hand.press("1 mask")
    hand.press("Undo")
    hand.press("3 no mask")
    hand.press("Confirm, next")
    hand.press("Take away")
    hand.press("Skip")
    assert session.name == "b.png"
    hand.press("Back")
    assert session.editor.faces[0].label == "without_mask"


def test_zoom_keeps_the_mouse_on_the_picture(hand: Hand, session: LabellingSession) -> None:
    before = hand.window._viewport.scale
    hand.key("z")
    assert hand.window._viewport.scale > 1.2 * before
    hand.drag((80, 70), (85, 70), (90, 80))
    assert near(session.editor.faces[0].box, (50, 40, 130, 120))
    hand.drag((140, 60), (145, 65))  # a click beside it: nothing is selected
    hand.key("<Tab>", "z")
    assert hand.window._viewport.scale == before


def test_the_window_may_change_its_size(hand: Hand) -> None:
    before = hand.window._viewport.size
    width = hand.root.winfo_reqwidth()
    hand.root.geometry(f"{width}x500")
    deadline = time.monotonic() + 10
    while hand.window._viewport.size == before and time.monotonic() < deadline:
        hand.root.update()
    shown = hand.window._viewport.size
    assert shown != before
    assert (hand.window._image.width(), hand.window._image.height()) == shown  # type: ignore[union-attr]


def test_the_end_is_told_and_closing_keeps_all(hand: Hand, session: LabellingSession, tmp_path: Path) -> None:
    hand.key("s", "1", "<Return>")
    assert hand.told == "That was the last one, but 1 are not decided: go back, or Esc closes."
    hand.key("<Left>", "1", "<Return>", "<Return>")
    assert hand.told == "That was the last one: Esc closes the window."
    hand.key("2")
    assert session.decided == 2
    hand.key("<Escape>")
    kept = Decisions(tmp_path / "boxes.json")
    assert kept.is_decided("b.png")
    assert kept.faces("b.png")[0].label == "incorrect_mask"


def test_without_a_display_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if sys.platform != "linux":
        pytest.skip("other systems always have a display")
    monkeypatch.delenv("DISPLAY", raising=False)
    (tmp_path / "photos").mkdir()
    scene().save(tmp_path / "photos" / "a.png")
    command = ["faces", str(tmp_path / "photos"), "--source", "own", "--out", str(tmp_path / "data")]
    assert main(command) == 2
    told = capsys.readouterr().err
    assert told.startswith("masktrain: No window can be opened here (no display name")
    assert "--no-window" in told


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def unchanging(look: Callable[[], bytes]) -> Callable[[], bool]:
    """Return whether something is there and looks as it did when it was asked last."""
    seen = [b""]

    def same() -> bool:
        seen.append(look())
        return bool(seen[-1]) and seen[-1] == seen[-2]

    return same


@pytest.mark.skipif(shutil.which("xdotool") is None, reason="needs xdotool")
def test_a_person_labels_a_photograph(display: str, tmp_path: Path) -> None:
    photos, data = tmp_path / "photos", tmp_path / "data"
    photos.mkdir()
    with Image.open(EXAMPLES / "collins.jpg") as picture:
        picture.save(photos / "collins.jpg")
    environment = {**os.environ, "DISPLAY": display}

    def xdotool(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(shutil.which("xdotool")), *arguments],
            env=environment,
            capture_output=True,
            timeout=30,
            check=False,
        )

    command = [sys.executable, "-m", "masktrain", "faces", str(photos), "--source", "own", "--out", str(data)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as program:
        try:
            window = ("search", "--onlyvisible", "--name", "^Faces$")
            until(unchanging(lambda: xdotool(*window, "getwindowgeometry").stdout))
            xdotool(*window, "windowfocus")
            # At a hand's pace: a press that comes while the window is being laid out is lost.
            for step in ("mousemove 650 560", "mousedown 1", "mousemove 700 610", "mousemove 780 690"):
                xdotool(*step.split(), "sleep", "0.1")
            xdotool("mouseup", "1", "sleep", "0.1")
            xdotool("key", "--delay", "200", "4", "3", "Return")
            until((data / "boxes" / "own.json").exists)
            xdotool("key", "Escape")
            told, _ = program.communicate(timeout=60)
        finally:
            program.kill()
    assert program.returncode == 0
    assert "1 of 1 photographs are decided." in told
    face, drawn = read_table(data)
    assert (face.label, face.note) == ("without_mask", "collins.jpg, haar")
    assert (drawn.label, drawn.note) == ("not_face", "collins.jpg, by hand")
    assert drawn.orig_box_px == pytest.approx(100, abs=3)  # 130 pixels of the window, which shows 1.3 for 1
