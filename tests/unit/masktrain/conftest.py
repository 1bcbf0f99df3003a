import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masktrain.datasets import Sample, read_samples

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


@pytest.fixture
def bare(data: Path) -> Sample:
    return next(s for s in read_samples(data, ("train",)) if s.label == "without_mask")


@pytest.fixture
def picture() -> Callable[[str], Image.Image]:
    def load(name: str) -> Image.Image:
        with Image.open(EXAMPLES / name) as file:
            return file.convert("RGB")

    return load
