import pytest
import torch
from torch import Tensor

from masktrain.detector.loss import Faces, assign, detection_loss
from masktrain.detector.places import grid

NONE = torch.zeros(0, 4)


def box(*values: float) -> Tensor:
    return torch.tensor([values], dtype=torch.float32)


@pytest.mark.parametrize(("side", "stride"), [(10.0, 8.0), (30.0, 8.0), (80.0, 16.0), (200.0, 32.0)])
def test_a_face_is_answered_for_at_the_scale_of_its_size(side: float, stride: float) -> None:
    middles, strides = grid(256, 256)
    owner = assign(Faces(box(20, 20, 20 + side, 20 + side), NONE), middles, strides)
    assert set(strides[owner == 0].tolist()) == {stride}
    far = (middles[owner == 0] - (20 + side / 2)).abs().max()
    assert far <= 1.5 * stride


def test_of_two_faces_at_one_place_the_smaller_is_taken() -> None:
    middles, strides = grid(64, 64)
    faces = torch.cat([box(10, 10, 50, 50), box(24, 24, 36, 36)])
    owner = assign(Faces(faces, NONE), middles, strides)
    assert owner[((middles - 28.0).abs().sum(1) < 1) & (strides == 8)].tolist() == [1]


def test_places_in_ignored_regions_are_asked_only_for_faces_in_them() -> None:
    middles, strides = grid(64, 64)
    owner = assign(Faces(box(8, 8, 24, 24), box(0, 0, 32, 32)), middles, strides)
    inside = (middles < 32).all(1)
    assert set(owner[inside].tolist()) == {0, -2}
    assert set(owner[~inside].tolist()) == {-1}


def test_right_answers_cost_less_and_nobody_knows_costs_nothing() -> None:
    face = Faces(box(8, 8, 40, 40), NONE)
    middles, strides = grid(64, 64)
    answering = assign(face, middles, strides) == 0
    raw = torch.zeros(1, len(middles), 4)
    raw[0, :, :2] = (24.0 - middles) / strides[:, None]
    raw[0, :, 2:] = torch.log(32.0 / strides)[:, None]
    right = torch.where(answering, 12.0, -12.0)[None]
    assert detection_loss(right, raw, [face], 64, 64) < 1e-3
    assert detection_loss(-right, raw, [face], 64, 64) > 1.0
    everywhere = Faces(NONE, box(0, 0, 64, 64))
    assert detection_loss(right, raw, [everywhere], 64, 64) == 0.0
