import json
from pathlib import Path

import numpy as np
from PIL import Image

from masktrain.pictures import make_pictures

EXAMPLES = Path(__file__).parents[3] / "client" / "examples"


def test_shipped_pictures_are_what_the_code_draws(tmp_path: Path) -> None:
    make_pictures(tmp_path)
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")}
    shipped_files = {path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*.*")}
    assert made == {path for path in shipped_files if path.parts[0] != "annotated"}
    for path in tmp_path.rglob("*.jpg"):
        with Image.open(path) as new, Image.open(EXAMPLES / path.relative_to(tmp_path)) as shipped:
            difference = np.abs(np.asarray(new, dtype=int) - np.asarray(shipped, dtype=int))
        # Another libjpeg may round differently, but not draw differently.
        assert difference.mean() < 1.0, path.name
    for name in ("faces.json", "ORIGIN.md"):
        assert (tmp_path / name).read_text() == (EXAMPLES / name).read_text()


def test_every_picture_has_its_origin_and_faces() -> None:
    faces = json.loads((EXAMPLES / "faces.json").read_text())
    assert set(faces) == {path.name for path in EXAMPLES.glob("*.jpg")}
    assert len(faces["group.jpg"]) == 6
    states = [face["state"] for boxes in faces.values() for face in boxes]
    assert {"with_mask", "incorrect_mask", "without_mask"} == set(states)
    origin = (EXAMPLES / "ORIGIN.md").read_text()
    assert "public domain" in origin
