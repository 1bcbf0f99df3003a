import torch

from masktrain.detector.places import decode, decode_points, grid


def test_places_are_the_middles_of_cells_row_by_row_and_scale_by_scale() -> None:
    middles, strides = grid(32, 64)
    assert len(middles) == 4 * 8 + 2 * 4 + 1 * 2
    assert middles[1].tolist() == [12.0, 4.0]
    assert middles[8].tolist() == [4.0, 12.0]
    assert middles[-1].tolist() == [48.0, 16.0]
    assert set(strides.tolist()) == {8.0, 16.0, 32.0}


def test_zeros_mean_a_box_of_one_stride_around_the_place() -> None:
    middles, strides = grid(32, 32)
    boxes = decode(torch.zeros(1, len(middles), 4), middles, strides)
    assert boxes[0, 0].tolist() == [0.0, 0.0, 8.0, 8.0]
    assert boxes[0, -1].tolist() == [0.0, 0.0, 32.0, 32.0]


def test_sizes_cannot_overflow() -> None:
    middles, strides = grid(32, 32)
    assert decode(torch.full((1, len(middles), 4), 1000.0), middles, strides).isfinite().all()


def test_landmarks_are_decoded_from_their_places() -> None:
    middles, strides = grid(64, 64)
    raw = torch.zeros(len(middles), 10)
    raw[:, 4], raw[:, 5] = 1.0, -0.5
    points = decode_points(raw, middles, strides).reshape(-1, 5, 2)
    assert torch.equal(points[:, 0], middles)
    assert torch.equal(points[:, 2], middles + torch.stack([strides, -strides / 2], 1))
