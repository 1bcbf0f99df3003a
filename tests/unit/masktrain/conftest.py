import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import nn

from masktrain.dataset.samples import Sample, read_samples
from masktrain.training.network import build_network

EXAMPLES = Path(__file__).parents[3] / "client" / "examples"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data folder of the project's own pictures: every label, all three splits."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "faces").mkdir()
    pictures = json.loads((EXAMPLES / "faces.json").read_text())
    rows = []
    for split in ("train", "val", "test"):
        for name, (face, *_) in pictures.items():
            if name == "group.jpg":
                continue
            path = f"faces/{split}-{name}"
            (folder / path).write_bytes((EXAMPLES / name).read_bytes())
            rows.append([path, face["state"], f"source-{name[0]}", split, *face["box"]])
            rows.append([path, "not_face", f"source-{name[0]}", split, 5, 5, 95, 95])
    with (folder / "faces.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["path", "label", "source", "split", "x1", "y1", "x2", "y2"])
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="session")
def imagenet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of MobileNetV2's shapes in the layout and under the name of the ImageNet file."""
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    layers = [module for module in build_network().modules() if isinstance(module, nn.Conv2d)]
    for number, layer in enumerate(layers):
        weight = rng.normal(0, layer.weight[0].numel() ** -0.5, layer.weight.shape).astype(np.float32)
        name, axes = ("DEPTHWISE_CONV_2D", (1, 2, 3, 0)) if layer.groups > 1 else ("CONV_2D", (0, 2, 3, 1))
        arrays[f"{number:02}_{name}_w"] = weight.transpose(axes)
        arrays[f"{number:02}_{name}_b"] = rng.normal(0, 0.1, len(weight)).astype(np.float32)
    path = tmp_path_factory.mktemp("weights") / "tf2_mobilenet_v2_1.0_224_dequant_fp32.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture
def bare(data: Path) -> Sample:
    return next(s for s in read_samples(data, ("train",)) if s.label == "without_mask")


@pytest.fixture
def picture() -> Callable[[str], Image.Image]:
    def load(name: str) -> Image.Image:
        with Image.open(EXAMPLES / name) as file:
            return file.convert("RGB")

    return load
