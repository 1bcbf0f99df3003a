from pathlib import Path

import cv2
import numpy as np
import pytest

from masktrain.detector.composing import Composer
from masktrain.detector.pictures import KnownFace, Source
from masktrain.geometry import FaceGeometry


def red_square(path: Path, side: int = 200, box: tuple[int, int, int, int] = (60, 80, 120, 150)) -> Source:
    bgr = np.full((side, side, 3), 128, np.uint8)
    cv2.rectangle(bgr, box[:2], (box[2] - 1, box[3] - 1), (0, 0, 255), -1)
    cv2.imwrite(str(path), bgr)
    x1, y1, x2, y2 = box
    corners = [(x1, y1), (x2, y1), ((x1 + x2) / 2, (y1 + y2) / 2), (x1, y2), (x2, y2)]
    return Source(path, [KnownFace(box, FaceGeometry.from_landmarks(corners))])


def redness(rgb: np.ndarray) -> np.ndarray:
    pixels = rgb.astype(np.float32)
    return np.asarray(pixels[..., 0] - pixels[..., 1:].max(-1))


@pytest.mark.parametrize(("mosaic", "paste"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
def test_boxes_follow_the_faces(mosaic: float, paste: float, tmp_path: Path) -> None:
    source = red_square(tmp_path / "scene.png")
    composer = Composer([source], [source], side=160, mosaic_odds=mosaic, paste_odds=paste)
    faces = inside = outside = 0.0
    for seed in range(30):
        picture = composer.compose(np.random.default_rng(seed))
        assert picture.rgb.shape == (160, 160, 3)
        red = redness(picture.rgb)
        covered = np.zeros(red.shape, bool)
        for x1, y1, x2, y2 in np.concatenate([picture.boxes, picture.ignored]).round().astype(int).tolist():
            covered[max(0, y1 - 2) : y2 + 2, max(0, x1 - 2) : x2 + 2] = True
        faces += len(picture.boxes)
        if red.max() > 60:  # not one that lost its colour
            inside += float((red[covered] > 60).sum())
            outside += float((red[~covered] > 60).sum())
    assert faces > 20
    assert outside < 0.02 * inside


def test_the_same_seed_makes_the_same_picture(tmp_path: Path) -> None:
    source = red_square(tmp_path / "scene.png")
    one, other = (Composer([source], [source]).compose(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.rgb, other.rgb)
    assert np.array_equal(one.boxes, other.boxes)


def test_a_face_that_is_mostly_cut_off_is_ignored(tmp_path: Path) -> None:
    source = red_square(tmp_path / "scene.png", box=(0, 0, 200, 200))
    composer = Composer([source], [source], side=64, mosaic_odds=0.0, paste_odds=0.0, sizes=(180.0, 220.0))
    picture = composer.compose(np.random.default_rng(0))
    assert len(picture.boxes) == 0
    assert len(picture.ignored) == 1


def test_landmarks_go_where_the_face_goes(tmp_path: Path) -> None:
    """The square's corners are its landmarks, in the order the viewer sees them."""
    source = red_square(tmp_path / "scene.png")
    composer = Composer([source], [source], side=160, mosaic_odds=0.0, paste_odds=0.5)
    seen = 0
    for seed in range(20):
        picture = composer.compose(np.random.default_rng(seed))
        for (x1, y1, x2, y2), points in zip(picture.boxes, picture.points, strict=True):
            if min(x1, y1) > 0 and max(x2, y2) < 160:  # not one that the edge cuts
                corners = [(x1, y1), (x2, y1), ((x1 + x2) / 2, (y1 + y2) / 2), (x1, y2), (x2, y2)]
                assert points == pytest.approx(np.array(corners), abs=0.01)
                seen += 1
    assert seen > 3


def test_distractors_are_pasted_and_are_no_faces(tmp_path: Path) -> None:
    plain = np.full((120, 120, 3), 128, np.uint8)
    cv2.imwrite(str(tmp_path / "plain.png"), plain)
    cv2.imwrite(str(tmp_path / "blue.png"), np.full((40, 40, 3), (255, 0, 0), np.uint8))
    background, blue = Source(tmp_path / "plain.png", []), Source(tmp_path / "blue.png", [])
    composer = Composer(
        [background], [background], [blue], side=120, mosaic_odds=0.0, paste_odds=1.0, distractor_odds=1.0
    )
    pictures = [composer.compose(np.random.default_rng(seed)) for seed in range(10)]
    blueness = [int((p.rgb[..., 2].astype(int) - p.rgb[..., 0] > 60).sum()) for p in pictures]
    assert max(blueness) > 300
    assert all(len(p.boxes) == 0 for p in pictures)
