import torch

from masktrain.detector.places import decode, grid


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
