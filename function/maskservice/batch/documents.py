"""What is written about an input: a result, a failure, an archive's account; and the lines of the summary."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maskservice.batch.judging import Judge, JudgedFace, JudgedPicture
from maskservice.batch.keys import Source
from maskservice.errors import MaskServiceError

Document = dict[str, Any]

_BOX = ("x1", "y1", "x2", "y2")
_SCORE_DIGITS = 4
_TIME_DIGITS = 3


@dataclass(frozen=True)
class Models:
    """Which models a result comes from, as documents tell it.

    Attributes
    ----------
    model, detector : dict
        Name, version and SHA-256; of the detector also its threshold.
    """

    model: Document
    detector: Document

    @classmethod
    def of(cls, judge: Judge) -> "Models":
        """Return the models of a judge.

        Parameters
        ----------
        judge : Judge
            Has them.
        """
        card, found = judge.classifier.card, judge.finder.card
        return cls(
            {"name": card.name, "version": card.version, "sha256": judge.classifier.sha256},
            {
                "name": found.name,
                "version": found.version,
                "sha256": judge.finder.sha256,
                "threshold": found.threshold,
            },
        )


def line(document: Mapping[str, Any]) -> bytes:
    """Return a document as one line of JSON.

    In ASCII, because names of files may hold what is no text in any encoding.

    Parameters
    ----------
    document : mapping
        Of what JSON knows.
    """
    return (json.dumps(document, separators=(",", ":")) + "\n").encode()


def picture_document(
    source: Source, judged: JudgedPicture, models: Models, fetch_ms: float, summary: str
) -> Document:
    """Return the result of a picture.

    Parameters
    ----------
    source : Source
        The picture.
    judged : JudgedPicture
        What is said of its faces.
    models : Models
        Who says so.
    fetch_ms : float
        Time to read it, in milliseconds.
    summary : str
        Key of the file that its lines go to.
    """
    spent = {"fetch": fetch_ms, **judged.timing_ms}
    return {
        "kind": "picture",
        "path": source.path,
        "source": source.told(),
        "width": judged.size[0],
        "height": judged.size[1],
        "faces": [_face(face) for face in judged.faces],
        "error": None,
        "model": models.model,
        "detector": None if source.crop else models.detector,
        "timing_ms": {stage: round(time, _TIME_DIGITS) for stage, time in spent.items()},
        "summary": summary,
    }


def _face(face: JudgedFace) -> Document:
    judgement = face.judgement
    return {
        "box": list(face.box),
        "score": None if face.score is None else round(face.score, _SCORE_DIGITS),
        "result": {
            "label": judgement.label,
            "confidence": judgement.confidence,
            "verdict": judgement.verdict,
            "reasons": judgement.reasons,
            "probabilities": judgement.probabilities,
            "width": face.size[0],
            "height": face.size[1],
        },
    }


def failure_document(source: Source, fault: MaskServiceError, receives: int, summary: str) -> Document:
    """Return why an input has no result.

    Parameters
    ----------
    source : Source
        The input.
    fault : MaskServiceError
        What is wrong with it.
    receives : int
        How often it had come by then.
    summary : str
        As for `picture_document`.
    """
    return {
        "kind": "failure",
        "path": source.path,
        "source": source.told(),
        "error": {"type": fault.problem_type, "detail": fault.detail},
        "receives": receives,
        "summary": summary,
    }


def summary_lines(source: Source, document: Document) -> list[Document]:
    """Return a document as flat lines: one per face, or one for a picture without faces or a failure.

    Parameters
    ----------
    source : Source
        The input.
    document : dict
        Of that input: a result or a failure.
    """
    if document["kind"] == "failure":
        return [_flat(source, document, "failure", None)]
    faces = document["faces"]
    lines = [_flat(source, document, str(number), number) for number in range(len(faces))]
    return lines or [_flat(source, document, "none", None)]


def _flat(source: Source, document: Document, name: str, number: int | None) -> Document:
    face: Document = {} if number is None else document["faces"][number]
    result: Document = face.get("result", {})
    error: Document | None = document["error"]
    return {
        "id": f"{source.identity}-{name}",
        "date": source.date,
        "path": source.path,
        "member": source.member,
        "version": source.version,
        "face": number,
        **dict(zip(_BOX, face.get("box", [None] * len(_BOX)), strict=True)),
        "score": face.get("score"),
        **{told: result.get(told) for told in ("verdict", "label", "confidence", "reasons")},
        "width": document.get("width"),
        "height": document.get("height"),
        "error": None if error is None else error["type"],
        "model": _version(document.get("model")),
        "detector": _version(document.get("detector")),
    }


def _version(model: Document | None) -> str | None:
    return None if model is None else f"{model['name']} {model['version']}"
