import numpy as np
import pytest

from masktrain.geometry import FaceGeometry

FRONTAL = FaceGeometry.from_landmarks([(40, 50), (80, 50), (60, 75), (45, 100), (75, 100)])


def test_eye_line_and_mouth_have_fixed_coordinates() -> None:
    placed = FRONTAL.to_picture(np.array([[0.0, 0.0], [0.5, 0.0], [-0.5, 0.0], [0.0, 0.62]]))
    np.testing.assert_allclose(placed, [[60, 50], [80, 50], [40, 50], [60, 100]], atol=1e-9)


def test_frontal_face_is_not_turned() -> None:
    assert FRONTAL.turn == pytest.approx(0.0)
    assert FRONTAL.eye_distance == pytest.approx(40.0)


def test_nose_to_the_left_turns_left_and_narrows_that_cheek() -> None:
    turned = FaceGeometry.from_landmarks([(40, 50), (80, 50), (52, 75), (45, 100), (75, 100)])
    assert turned.turn == pytest.approx(-0.2)
    left, right = turned.to_picture(np.array([[-1.0, 0.5], [1.0, 0.5]]))[:, 0]
    assert 60 - left < right - 60


def test_rotated_face_keeps_its_frame() -> None:
    angle = np.deg2rad(30)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tilted = FaceGeometry.from_landmarks((FRONTAL.as_array() @ rotation.T).tolist())
    points = np.array([[0.7, 0.9], [-0.3, 0.2]])
    np.testing.assert_allclose(tilted.to_picture(points), FRONTAL.to_picture(points) @ rotation.T, atol=1e-9)


def test_box_guess_lies_inside_the_box_and_is_frontal() -> None:
    guess = FaceGeometry.from_box((10, 20, 110, 160))
    points = guess.as_array()
    assert points[:, 0].min() > 10
    assert points[:, 0].max() < 110
    assert points[:, 1].min() > 20
    assert points[:, 1].max() < 160
    assert guess.turn == pytest.approx(0.0)


@pytest.mark.parametrize("nose", [60, 50, 72, 30])
def test_to_face_undoes_to_picture(nose: float) -> None:
    face = FaceGeometry.from_landmarks([(40, 50), (80, 54), (nose, 75), (45, 100), (75, 103)])
    points = np.array([[0.0, 0.0], [0.7, 0.9], [-0.3, 0.2], [-1.6, 1.2], [1.3, -0.4]])
    np.testing.assert_allclose(face.to_face(face.to_picture(points)), points, atol=1e-9)


def test_mirroring_turns_to_the_other_side() -> None:
    face = FaceGeometry.from_landmarks([(40, 50), (80, 54), (52, 75), (45, 100), (75, 103)])
    mirrored = face.mirrored(120)
    assert mirrored.left_eye == (40.0, 54.0)
    assert mirrored.turn == pytest.approx(-face.turn)
    assert mirrored.mirrored(120) == face


@pytest.mark.parametrize(
    "points",
    [
        [(80, 50), (40, 50), (60, 75), (45, 100), (75, 100)],
        [(40, 50), (40.5, 50), (60, 75), (45, 100), (75, 100)],
        [(40, 50), (80, 50), (60, 75), (75, 100), (45, 100)],
        [(40, 50), (80, 50), (60, 55), (45, 60), (75, 60)],
        [(40, 50), (80, 50), (60, 75), (45, 190), (75, 190)],
        [(40, 50), (80, 50), (60, 75), (105, 100), (135, 100)],
        [(40, 50), (80, 50), (60, 120), (45, 100), (75, 100)],
        [(40, 100), (80, 100), (60, 75), (45, 50), (75, 50)],
    ],
)
def test_landmarks_out_of_order_are_implausible(points: list[tuple[float, float]]) -> None:
    assert FRONTAL.plausible
    assert not FaceGeometry.from_landmarks(points).plausible
