import io

from rich.console import Console

from maskclient.batch import progress
from maskclient.batch.answers import Row, failure_row
from maskclient.batch.summary import Summary


def row(path: str, face: int | None, verdict: str | None, member: str | None = None) -> Row:
    return {
        **failure_row(path, "v", "", ""),
        "error": None,
        "face": face,
        "verdict": verdict,
        "member": member,
    }


def test_pictures_faces_and_failures_are_counted() -> None:
    rows = [
        row("a.jpg", 0, "compliant"),
        row("a.jpg", 1, "violation"),
        row("b.zip", 0, "new-one", "x.jpg"),
        row("b.zip", None, None, "y.jpg"),
        *(failure_row(f"{number}.jpg", "v", "gone", "It\x1b[31m went.") for number in range(12)),
    ]
    summary = Summary()
    assert list(summary.counting(rows)) == rows
    lines = list(summary.lines(2.0, 3))
    assert lines[0] == (
        "3 pictures, 3 faces, 1 compliant, 1 violation, 1 new-one, 1 picture without a face, 1.5 per second"
    )
    assert lines[1] == "12 failures of the kind gone:"
    assert lines[2] == "  0.jpg: It\N{REPLACEMENT CHARACTER}[31m went."
    assert len(lines) == 13
    assert lines[-1] == "  … and 2 more"


def test_where_there_is_no_terminal_a_line_comes_now_and_then() -> None:
    text = io.StringIO()
    console = Console(file=text)
    with progress.stage(console, "Sending", 3) as stage:
        stage.advance()
        assert text.getvalue() == ""
        stage._told -= progress.LINE_SECONDS
        stage.advance()
        stage.advance()
    assert text.getvalue() == "Sending: 2 of 3\n"


def test_a_terminal_shows_a_bar() -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=80)
    with progress.stage(console, "Sending", 3) as stage:
        stage.advance(2)
    assert "2/3" in text.getvalue()
