from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from masktrain.detector.card import METADATA_KEY, DetectorCard
from masktrain.detector.finders import own_finder
from masktrain.detector.network import FaceNetwork
from masktrain.detector.places import decode, decode_points, grid
from masktrain.detector.training import normalise
from masktrain.errors import ExportError


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(96, 128), (128, 96), (300, 511), (1, 1), (33, 47), (20, 900)])
def test_boxes_lie_in_the_picture_the_best_first(file: Path, shape: tuple[int, int]) -> None:
    find, _ = own_finder(file)
    boxes, scores, landmarks = find(picture(*shape))
    assert boxes.shape == (len(scores), 4)
    assert landmarks.shape == (len(scores), 5, 2)
    assert (boxes >= 0).all()
    assert (boxes[:, [0, 2]] <= shape[1]).all()
    assert (boxes[:, [1, 3]] <= shape[0]).all()
    assert (np.diff(scores) <= 0).all()


def test_the_graph_says_what_the_network_says(file: Path, network: FaceNetwork) -> None:
    """A picture of the working size, a multiple of 32, passes unscaled and unpadded."""
    rgb = picture(96, 128)
    with torch.inference_mode():
        scores, raw, points = network(normalise(torch.from_numpy(rgb).permute(2, 0, 1)[None]))
    expected = decode(raw, *grid(96, 128))[0].clamp(min=0)
    expected[:, [0, 2]] = expected[:, [0, 2]].clamp(max=128)
    expected[:, [1, 3]] = expected[:, [1, 3]].clamp(max=96)
    best = int(scores.argmax())
    boxes, found, landmarks = own_finder(file)[0](rgb)
    assert found[0] == pytest.approx(float(scores.sigmoid().max()), abs=1e-4)
    assert boxes[0] == pytest.approx(expected[best].numpy(), abs=1e-2)
    marks = decode_points(points, *grid(96, 128))[0, best]
    assert landmarks[0].ravel() == pytest.approx(marks.numpy(), abs=1e-2)


def test_one_face_is_found_once(file: Path) -> None:
    boxes = own_finder(file)[0](picture(96, 128)).boxes
    assert len(boxes) > 3
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    assert len(np.unique(middles, axis=0)) == len(middles)
    plain = boxes[(boxes > 0).all(1) & (boxes[:, 2] < 128) & (boxes[:, 3] < 96)]
    for place, box in enumerate(plain):
        for other in plain[place + 1 :]:
            sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
            shared = sides.clip(0).prod()
            areas = (box[2:] - box[:2]).prod() + (other[2:] - other[:2]).prod()
            assert shared / (areas - shared) <= 0.4 + 1e-4


@pytest.mark.parametrize("times", [2, 4])  # interpolated, and averaged
def test_a_larger_picture_is_scaled_down_and_its_boxes_are_scaled_back(times: int, file: Path) -> None:
    small = picture(12, 16).repeat(8, 0).repeat(8, 1)  # flat squares survive the scaling
    large = small.repeat(times, 0).repeat(times, 1)
    find, _ = own_finder(file)
    few, many = find(small), find(large)
    assert many.scores[0] == pytest.approx(few.scores[0], abs=0.02)
    assert many.boxes[0] / times == pytest.approx(few.boxes[0], abs=1.0)
    assert many.landmarks[0] / times == pytest.approx(few.landmarks[0], abs=1.0)


def test_the_framing_grows_boxes_about_their_middle(file: Path, make_file: Callable[..., Path]) -> None:
    rgb = picture(96, 128)
    plain = own_finder(file)[0](rgb).boxes
    wide = own_finder(make_file(framing=(1.5, 1.2)))[0](rgb).boxes
    inside = (wide > 0).all(1) & (wide[:, 2] < 128) & (wide[:, 3] < 96)
    assert inside.any()
    sides = [(boxes[:, 2:] - boxes[:, :2])[inside] for boxes in (plain, wide)]
    assert sides[1] / sides[0] == pytest.approx(np.tile([1.5, 1.2], (inside.sum(), 1)), rel=1e-3)


def test_finds_under_the_floor_do_not_come_out(make_file: Callable[..., Path]) -> None:
    scores = own_finder(make_file(score_floor=0.6))[0](picture(96, 128)).scores
    assert (scores >= 0.6).all()


def test_the_file_holds_its_card_and_no_path(file: Path) -> None:
    model = onnx.load(file)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert DetectorCard.from_metadata(metadata).longest_side == 128
    assert b"site-packages" not in file.read_bytes()
    assert {entry.domain for entry in model.opset_import} == {""}


@pytest.mark.parametrize("metadata", [{}, {METADATA_KEY: "{}"}, {METADATA_KEY: "no"}])
def test_a_file_without_a_usable_card_is_refused(metadata: dict[str, str]) -> None:
    with pytest.raises(ExportError, match="card"):
        DetectorCard.from_metadata(metadata)
