import pytest
import torch
from torch import Tensor

from masktrain.detector.loss import Faces, assign, detection_loss
from masktrain.detector.places import grid

NONE = torch.zeros(0, 4)


def box(*values: float) -> Tensor:
    return torch.tensor([values], dtype=torch.float32)


def known(boxes: Tensor, ignored: Tensor = NONE, points: Tensor | None = None) -> Faces:
    unknown = torch.full((len(boxes), 10), torch.nan)
    return Faces(boxes, ignored, unknown if points is None else points)


@pytest.mark.parametrize(("side", "stride"), [(10.0, 8.0), (30.0, 8.0), (80.0, 16.0), (200.0, 32.0)])
def test_a_face_is_answered_for_at_the_scale_of_its_size(side: float, stride: float) -> None:
    middles, strides = grid(256, 256)
    owner = assign(known(box(20, 20, 20 + side, 20 + side)), middles, strides)
    assert set(strides[owner == 0].tolist()) == {stride}
    far = (middles[owner == 0] - (20 + side / 2)).abs().max()
    assert far <= 1.5 * stride


def test_of_two_faces_at_one_place_the_smaller_is_taken() -> None:
    middles, strides = grid(64, 64)
    faces = torch.cat([box(10, 10, 50, 50), box(24, 24, 36, 36)])
    owner = assign(known(faces), middles, strides)
    assert owner[((middles - 28.0).abs().sum(1) < 1) & (strides == 8)].tolist() == [1]


def test_places_in_ignored_regions_are_asked_only_for_faces_in_them() -> None:
    middles, strides = grid(64, 64)
    owner = assign(known(box(8, 8, 24, 24), box(0, 0, 32, 32)), middles, strides)
    inside = (middles < 32).all(1)
    assert set(owner[inside].tolist()) == {0, -2}
    assert set(owner[~inside].tolist()) == {-1}


@pytest.fixture
def face() -> Faces:
    points = torch.tensor([[16.0, 18, 32, 18, 24, 26, 18, 32, 30, 32]])
    return known(box(8, 8, 40, 40), points=points)


def answers(face: Faces) -> tuple[Tensor, Tensor, Tensor]:
    """What a network that knows the face says of a picture of 64 x 64 pixels."""
    middles, strides = grid(64, 64)
    right = torch.where(assign(face, middles, strides) == 0, 12.0, -12.0)[None]
    raw = torch.zeros(1, len(middles), 4)
    raw[0, :, :2] = (24.0 - middles) / strides[:, None]
    raw[0, :, 2:] = torch.log(32.0 / strides)[:, None]
    marks = ((face.points - middles.repeat(1, 5)) / strides[:, None])[None]
    return right, raw, marks


def test_right_answers_cost_less_and_nobody_knows_costs_nothing(face: Faces) -> None:
    right, raw, marks = answers(face)
    assert detection_loss((right, raw, marks), [face], 64, 64) < 1e-3
    assert detection_loss((-right, raw, marks), [face], 64, 64) > 1.0
    everywhere = known(NONE, box(0, 0, 64, 64))
    assert detection_loss((right, raw, marks), [everywhere], 64, 64) == 0.0


def test_a_face_whose_box_fits_badly_is_still_taught_to_be_one(face: Faces) -> None:
    right, raw, marks = answers(face)
    far = raw + torch.tensor([0.0, 0.0, -6.0, -6.0])
    sure, unsure = (detection_loss((scores, far, marks), [face], 64, 64) for scores in (right * 0.0, -right))
    assert sure < unsure


def test_landmarks_are_learnt_where_they_are_known(face: Faces) -> None:
    right, raw, marks = answers(face)
    moved = detection_loss((right, raw, marks + 1.0), [face], 64, 64)
    assert moved > detection_loss((right, raw, marks), [face], 64, 64) + 0.1
    unknown = known(face.boxes)
    loss = detection_loss((right, raw, marks.requires_grad_()), [unknown], 64, 64)
    loss.backward()  # type: ignore[no-untyped-call]
    assert marks.grad is not None
    assert (marks.grad == 0.0).all()
