import pytest

from maskclient.detector import Box
from maskclient.eyepairs import EVEN_WINDOWS, Eye, pairs


def eye(x: float, y: float = 100.0, size: float = 20.0, windows: int = 9) -> Eye:
    return Eye(x, y, size, windows)


def test_two_eyes_make_a_face_boxed_as_the_frontal_cascade_would() -> None:
    (face,) = pairs([eye(100), eye(132, windows=4)])
    assert face.box == Box(72, 69, 161, 158)
    assert face.score == pytest.approx(16 / (16 + EVEN_WINDOWS**2))


@pytest.mark.parametrize(
    "other",
    [
        eye(115),  # too close
        eye(160),  # too far
        eye(132, size=34),  # of another face
        eye(128, y=116),  # tilted by more than 20 degrees
        eye(100, y=132),  # one above the other
    ],
)
def test_what_does_not_belong_together_is_no_face(other: Eye) -> None:
    assert pairs([eye(100), other]) == []


def test_a_head_may_be_tilted_a_little_either_way() -> None:
    assert len(pairs([eye(100), eye(130, y=109)])) == 1
    assert len(pairs([eye(100), eye(130, y=91)])) == 1


def test_both_cascades_find_of_one_eye_is_one_eye() -> None:
    assert len(pairs([eye(100), eye(103, windows=5), eye(132), eye(131, size=22, windows=3)])) == 1


def test_an_eye_belongs_to_the_surer_of_two_pairs() -> None:
    faces = pairs([eye(100, windows=3), eye(132, windows=20), eye(164, windows=20)])
    assert [face.box.x1 for face in faces] == [104]


@pytest.mark.parametrize("eyes", [[], [eye(100)]])
def test_one_eye_is_no_face(eyes: list[Eye]) -> None:
    assert pairs(eyes) == []
