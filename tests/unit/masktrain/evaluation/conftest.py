"""A model that tells labels by colour, and pictures of those colours."""

import csv
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from maskservice.modelcard import LABELS
from masktrain.dataset.samples import Sample, read_samples
from masktrain.evaluation.figures import onnx_logits
from masktrain.evaluation.splits import SplitOutputs
from tests.cards import CARD

# What the model makes of a crop of that colour.
COLOURS = {"with_mask": "red", "incorrect_mask": "lime", "without_mask": "blue", "not_face": "black"}
SIDE = 90
BOX = (30, 30, 60, 60)


def write_colour_model(path: Path) -> None:
    """Mean of each channel times 4: the brightest channel's label wins, not_face where all are dark."""
    weights = np.zeros((4, 3), dtype=np.float32)
    weights[:3] = 4 * np.eye(3)
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["pixels"], ["means"]),
            helper.make_node("Flatten", ["means"], ["flat"]),
            helper.make_node("Gemm", ["flat", "weights"], ["logits"], transB=1),
        ],
        "colours",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, *CARD.input_size])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(LABELS)])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, CARD.to_metadata())
    onnx.save(model, path)


def write_picture(path: Path, colour: str) -> None:
    """A square of a colour, larger than any jittered box with its margin, on black."""
    picture = Image.new("RGB", (SIDE, SIDE))
    picture.paste(colour, (10, 10, 80, 80))
    picture.save(path)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "colours.onnx"
    write_colour_model(path)
    return path


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder: in val each label three times and one mistake; test likewise without incorrect_mask."""
    folder = tmp_path_factory.mktemp("colours")
    rows = []
    for split in ("val", "test"):
        labels = [label for label in LABELS if split == "val" or label != "incorrect_mask"]
        drawn = [(label, COLOURS[label]) for label in labels for _ in range(3)]
        # The last one is labelled with_mask and looks like without_mask.
        for number, (label, colour) in enumerate([*drawn, ("with_mask", "blue")]):
            path = f"{split}{number}.png"
            write_picture(folder / path, colour)
            size = 30 if number % 3 == 0 else 60
            rows.append([path, label, f"source{number % 2}", split, "", *BOX, size, ""])
    with (folder / "faces.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(
            ["path", "label", "source", "split", "group", "x1", "y1", "x2", "y2", "orig_box_px", "note"]
        )
        writer.writerows(rows)
    return folder


@pytest.fixture
def val(colours: Path) -> list[Sample]:
    return read_samples(colours, ("val",))


@pytest.fixture
def outputs(val: list[Sample], model: Path) -> SplitOutputs:
    return SplitOutputs(val, *onnx_logits(model, CARD, val))
