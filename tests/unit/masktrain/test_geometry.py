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
