"""From the documents that the function leaves to the rows of a table."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

COLUMNS: Mapping[str, type] = {
    "id": str,
    "date": str,
    "path": str,
    "member": str,
    "version": str,
    "face": int,
    "x1": int,
    "y1": int,
    "x2": int,
    "y2": int,
    "score": float,
    "verdict": str,
    "label": str,
    "confidence": float,
    "reasons": list,
    "width": int,
    "height": int,
    "error": str,
    "detail": str,
    "model": str,
    "detector": str,
}
"""What a row holds, in order, and of which type it is; any of it may be missing (None)."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the function said of one picture, or of an archive as a whole.

    Attributes
    ----------
    kind : str
        ``picture``, ``failure`` or ``archive``.
    key, version : str
        The input that it is about.
    member : str
        The archive's member; empty for a picture of its own, and for what is said of a whole archive.
    document : mapping
        All of it.
    """

    kind: str
    key: str
    version: str
    member: str
    document: Mapping[str, Any]

    @property
    def expected(self) -> int:
        """Members that an archive's own record promises an answer for."""
        return int(self.document["judged"]) + int(self.document["failed"])


def read_answer(data: bytes) -> Answer:
    """Read a document of the function.

    Parameters
    ----------
    data : bytes
        One JSON object.

    Raises
    ------
    ValueError
        If it is none, or lacks what the contract promises.
    """
    try:
        document = json.loads(data)
        source = document["source"]
        kind = document["kind"]
        answer = Answer(kind, source["key"], str(source["version"]), source.get("member") or "", document)
        if kind == "archive":
            _ = answer.expected
        elif kind in ("picture", "failure"):
            list(rows_of(answer, "", None))
        else:
            raise ValueError(f"answers of the kind {kind!r} are not known")
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"it lacks what the contract promises ({error!r})") from error
    return answer


def rows_of(answer: Answer, path: str, day: str | None, tail: str = "") -> Iterator[Row]:
    """Yield one row for each face, or one for a picture without any or a failure.

    Parameters
    ----------
    answer : Answer
        Of the kind ``picture`` or ``failure``.
    path : str
        The input's, as the user knows it.
    day : str or None
        The input's, such as ``2026-11-26``; None where there is none.
    tail : str
        What stands for an archive's member in the answer's key.
    """
    document = answer.document
    identity = _identity(answer, tail)
    common = {
        "date": day,
        "path": path,
        "member": answer.member or None,
        "version": answer.version,
        "width": document.get("width"),
        "height": document.get("height"),
        "model": _name(document.get("model")),
        "detector": _name(document.get("detector")),
    }
    if answer.kind == "failure":
        error = document["error"]
        yield _row(common, id=f"{identity}-failure", error=error["type"], detail=error["detail"])
        return
    faces = document["faces"]
    for number, face in enumerate(faces):
        yield _row(common, id=f"{identity}-{number}", face=number, **_cells(face))
    if not faces:
        yield _row(common, id=f"{identity}-none")


def failure_row(path: str, version: str | None, error: str, detail: str) -> Row:
    """Return the row of an input for which there is no answer."""
    return _row({"path": path, "version": version}, error=error, detail=detail)


def _identity(answer: Answer, tail: str) -> str:
    """Return what the function calls an input in the lines of its own summary."""
    bucket = str(answer.document["source"]["bucket"])
    parts = (bucket, answer.key, answer.version, answer.member, tail)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _cells(face: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of one face."""
    box = dict(zip(("x1", "y1", "x2", "y2"), face["box"], strict=True))
    names = ("verdict", "label", "confidence", "reasons")
    return {**box, "score": face["score"], **{name: face["result"][name] for name in names}}


def _row(common: Mapping[str, Any], **more: Any) -> Row:  # noqa: ANN401 - of the types that COLUMNS says
    given = {**common, **more}
    row = {name: None if given.get(name) is None else kind(given[name]) for name, kind in COLUMNS.items()}
    return row | {name: _text(row[name]) for name in ("member", "detail")}


def _text(value: str | None) -> str | None:
    """Return what every file can hold: the names in an archive need not be text in any encoding."""
    return None if value is None else value.encode(errors="replace").decode()


def _name(model: Mapping[str, Any] | None) -> str | None:
    return f"{model['name']} {model['version']}" if model else None
