"""What `maskclient image` prints: a table for people, JSON lines for programs."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from maskclient.judge import JudgedFace, PictureReport
from maskclient.wording import label_words, percent, reason_words

_WIDTH_FOR_BOXES = 100
_LEAST_PICTURE_WIDTH = 24
_STYLES = {"compliant": "bold cyan", "violation": "bold red", "uncertain": "yellow", "rejected": "dim"}


@dataclass
class Tally:
    """Counts over all pictures.

    Attributes
    ----------
    pictures : int
        All of them.
    faceless : int
        Pictures that were read and have no face.
    failures : int
        Pictures in which something could not be done.
    verdicts : Counter of str
        Faces per verdict.
    """

    pictures: int = 0
    faceless: int = 0
    failures: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    def add(self, report: PictureReport) -> None:
        """Count one picture."""
        self.pictures += 1
        self.faceless += report.error is None and not report.faces
        self.failures += report.failed
        self.verdicts.update(face.judgement.verdict for face in report.faces if face.judgement)

    def __str__(self) -> str:
        parts = [_count(self.pictures, "picture")]
        parts += [f"{number} {verdict}" for verdict, number in sorted(self.verdicts.items(), key=_rank)]
        if self.faceless:
            parts.append(f"{_count(self.faceless, 'picture')} without a face")
        if self.failures:
            parts.append(f"{_count(self.failures, 'picture')} with a failure")
        return ", ".join(parts)


def _rank(item: tuple[str, int]) -> tuple[bool, int, str]:
    """Sort verdicts as they are styled, and those this version does not know last."""
    known = list(_STYLES)
    return (False, known.index(item[0]), "") if item[0] in known else (True, 0, item[0])


def json_line(report: PictureReport) -> str:
    """Return the line that programs read; only ASCII, so that no encoding can spoil it."""
    width, height = report.size or (None, None)
    document = {
        "path": str(report.path),
        "width": width,
        "height": height,
        "faces": [_json_face(face) for face in report.faces],
        "error": report.error,
    }
    return json.dumps(document)


def _json_face(judged: JudgedFace) -> dict[str, Any]:
    return {
        "box": list(judged.face.box),
        "score": round(judged.face.score, 4),
        "result": dict(judged.result.raw) if judged.result else None,
    }


def table(reports: Iterable[PictureReport], width: int) -> Table:
    """Return one row per face, and one per picture that has none.

    Parameters
    ----------
    reports : iterable of PictureReport
        In the order to be shown.
    width : int
        Characters there are in a line. In a narrow one the boxes make room for the rest.
    """
    with_boxes = width >= _WIDTH_FOR_BOXES
    result = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    result.add_column("Picture", overflow="fold", min_width=_LEAST_PICTURE_WIDTH)
    result.add_column("Face", justify="right")
    if with_boxes:
        result.add_column("Box", no_wrap=True)
    result.add_column("Verdict", no_wrap=True)
    result.add_column("Seen", no_wrap=True)
    result.add_column("Sure", justify="right", no_wrap=True)
    result.add_column("Remarks")
    for report in reports:
        for cells in _rows(report):
            result.add_row(*(cells if with_boxes else cells[:2] + cells[3:]))
    return result


def _rows(report: PictureReport) -> Iterator[tuple[Text, ...]]:
    """Yield the cells of a picture's rows; its name stands in the first only."""
    name, turned = Text(printable(report.path)), "turned upright" if report.turned else ""
    if not report.faces:
        remark = "no face found" if report.error is None else "not read"
        yield (name, *[Text()] * 5, _joined(remark, turned))
    for number, judged in enumerate(report.faces, 1):
        verdict, seen, confidence, remark = _face_cells(judged)
        box_cell = Text(" ".join(str(value) for value in judged.face.box))
        yield name, Text(str(number)), box_cell, verdict, seen, confidence, _joined(remark, turned)
        name, turned = Text(), ""


def _face_cells(judged: JudgedFace) -> tuple[Text, Text, Text, str]:
    """Return verdict, what is seen, confidence and remark of a face."""
    judgement = judged.judgement
    if judgement is None:
        remark = judged.error.type if judged.error else "no answer"
        return Text("not judged", style="bold red"), Text(), Text(), remark
    seen = label_words(judgement)
    remark = reason_words(judgement)
    return (
        Text(printable(judgement.verdict), style=_STYLES.get(judgement.verdict, "")),
        Text(printable(seen)),
        Text(percent(judgement.confidence)),
        "" if remark == seen else remark,
    )


def messages(report: PictureReport) -> list[str]:
    """Return what went wrong with a picture, one message per line, each naming the picture."""
    wrong = [report.error] if report.error is not None else []
    wrong += [
        f"face {number}: {face.error.detail}" for number, face in enumerate(report.faces, 1) if face.error
    ]
    return [printable(f"{report.path}: {message}") for message in wrong]


def printable(text: str | Path) -> str:
    """Replace what a terminal would obey rather than show: a file name may hold anything."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(text)
    )


def _joined(*remarks: str) -> Text:
    return Text(printable("; ".join(remark for remark in remarks if remark)))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
