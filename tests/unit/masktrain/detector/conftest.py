import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from masktrain.detector.card import DetectorCard
from masktrain.detector.graph import export_detector
from masktrain.detector.network import FaceNetwork

EXAMPLES = Path(__file__).parents[4] / "client" / "examples"


@pytest.fixture(scope="session")
def scenes(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small data folder, with an example picture as photograph of every split."""
    folder = tmp_path_factory.mktemp("scenes") / "data"
    shutil.copytree(data, folder)
    pictures = json.loads((EXAMPLES / "faces.json").read_text())
    with (folder / "scenes.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["path", "split", "width", "height", "label", "x1", "y1", "x2", "y2", "ignore"])
        for split in ("train", "val", "test"):
            path = f"faces/{split}-group.jpg"
            (folder / path).write_bytes((EXAMPLES / "group.jpg").read_bytes())
            for face in pictures["group.jpg"]:
                writer.writerow([path, split, 0, 0, face["state"], *face["box"], 0])
            writer.writerow([path, split, 0, 0, "unlabelled", 5, 5, 40, 40, 1])
            writer.writerow([path, split, 0, 0, "undecidable", 5, 50, 40, 90, 1])
    return folder


@pytest.fixture(scope="session")
def network() -> FaceNetwork:
    """An untrained network that takes half of all places for faces of about a stride."""
    torch.manual_seed(0)
    network = FaceNetwork().eval()
    torch.nn.init.zeros_(network.score.bias)  # type: ignore[arg-type]
    torch.nn.init.normal_(network.score.weight, std=0.5)
    torch.nn.init.normal_(network.box.weight, std=0.2)
    torch.nn.init.normal_(network.points.weight, std=0.2)
    return network


@pytest.fixture(scope="session")
def make_file(network: FaceNetwork, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return what exports the network with some fields of the card changed."""

    def make(**fields: object) -> Path:
        path = tmp_path_factory.mktemp("detector") / "face_detector.onnx"
        plain = {"version": "0.0.1", "longest_side": 128}
        export_detector(network, DetectorCard.model_validate({**plain, **fields}), path)
        return path

    return make


@pytest.fixture(scope="session")
def file(make_file: Callable[..., Path]) -> Path:
    return make_file()
