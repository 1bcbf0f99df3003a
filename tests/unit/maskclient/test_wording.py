import pytest

from maskclient.detector import Box, Face
from maskclient.jsonfields import Fields
from maskclient.judge import JudgedFace
from maskclient.wire import CropResult
from maskclient.wording import caption, label_words, percent
from tests.unit.maskclient.scripted_api import result

FACE = Face(Box(0, 0, 9, 9), 0.5)


def judged(label: str, verdict: str, reasons: tuple[str, ...] = (), confidence: float = 0.97) -> JudgedFace:
    wire = {**result(0, label, verdict), "reasons": list(reasons), "confidence": confidence}
    return JudgedFace(FACE, CropResult.from_wire(Fields(wire)))


@pytest.mark.parametrize(
    ("face", "words"),
    [
        (judged("with_mask", "compliant"), "mask 97%"),
        (judged("incorrect_mask", "violation"), "mask worn badly 97%"),
        (judged("without_mask", "uncertain", ("low-confidence",), 0.61), "unsure: no mask 61%"),
        (judged("with_mask", "rejected", ("too-small", "too-dark")), "too small, too dark"),
        (judged("with_mask", "rejected", ("invented-later",)), "invented-later"),
        (judged("with_mask", "rejected"), "mask 97%"),
        (JudgedFace(FACE, None), "not judged"),
    ],
)
def test_captions(face: JudgedFace, words: str) -> None:
    assert caption(face) == words


def test_a_label_of_a_later_model_is_told_as_it_is() -> None:
    judgement = judged("face_shield", "uncertain").judgement
    assert judgement is not None
    assert label_words(judgement) == "face_shield"


@pytest.mark.parametrize(("share", "words"), [(0.0, "0%"), (0.934, "93%"), (0.996, "99%"), (1.0, "99%")])
def test_nobody_is_told_of_full_certainty(share: float, words: str) -> None:
    assert percent(share) == words
