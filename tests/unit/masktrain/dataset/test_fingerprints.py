from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from masktrain.dataset.fingerprints import Fingerprints, correlation, fingerprint, matching_pairs
from masktrain.dataset.table import FaceRow
from masktrain.errors import DatasetError

EXAMPLES = Path(__file__).parents[4] / "client" / "examples"
COLLINS = (178.0, 65.0, 269.0, 176.0)
HOPPER = (177.0, 123.0, 355.0, 335.0)


def picture(name: str) -> Image.Image:
    with Image.open(EXAMPLES / name) as file:
        return file.convert("RGB")


def save(folder: Path, picture: Image.Image, box: tuple[float, float, float, float]) -> FaceRow:
    name = f"{len(list(folder.glob('*.jpg')))}.jpg"
    picture.save(folder / name, quality=60)
    return FaceRow(name, "with_mask", "own", "", "", *box)


def flat(folder: Path, level: int) -> FaceRow:
    return save(folder, Image.new("RGB", (64, 64), (level, level, level)), (8.0, 8.0, 56.0, 56.0))


def pairs(folder: Path, rows: list[FaceRow], distance: int = 6) -> list[list[int]]:
    found: list[list[int]] = matching_pairs(fingerprint(folder, rows), distance).tolist()
    return found


def test_copies_are_found_and_other_faces_are_not(tmp_path: Path) -> None:
    collins, hopper = picture("collins.jpg"), picture("hopper.jpg")
    x1, y1, x2, y2 = COLLINS
    left, top = 150, 40
    rows = [
        save(tmp_path, collins, COLLINS),
        save(tmp_path, hopper, HOPPER),
        # smaller and recompressed
        save(tmp_path, collins.resize((256, 256)), (x1 / 2, y1 / 2, x2 / 2, y2 / 2)),
        # mirrored
        save(tmp_path, ImageOps.mirror(collins), (512 - x2, y1, 512 - x1, y2)),
        # cut differently around the same face
        save(
            tmp_path, collins.crop((left, top, 300, 210)), (x1 - left, y1 - top, x2 - left, y2 - top)
        ),
    ]  # fmt: skip
    assert pairs(tmp_path, rows) == [[0, 2], [0, 3], [0, 4], [2, 3], [2, 4], [3, 4]]


def test_a_whole_picture_is_found_in_its_crop(tmp_path: Path) -> None:
    collins = picture("collins.jpg")
    dx, dy = 0.15 * 91, 0.15 * 111
    crop = collins.crop((round(178 - dx), round(65 - dy), round(269 + dx), round(176 + dy)))
    rows = [save(tmp_path, crop, (40.0, 10.0, 90.0, 70.0)), save(tmp_path, collins, COLLINS)]
    assert pairs(tmp_path, rows) == [[0, 1]]


def test_flat_pictures_prove_nothing(tmp_path: Path) -> None:
    assert pairs(tmp_path, [flat(tmp_path, 10), flat(tmp_path, 12)]) == []


def test_hashes_are_compared_over_many_blocks() -> None:
    """Against the plain definition, on random hashes of which some are copies."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, (2500, 4)).astype(np.uint64)
    thumbnails = rng.integers(0, 256, (2500, 2, 1024)).astype(np.uint8)
    for copy, original, changed in ((2400, 3, 0b0), (1500, 1400, 0b111111), (2499, 900, 0b1111111)):
        hashes[copy] = hashes[original] ^ np.uint64(changed)
        thumbnails[copy] = thumbnails[original]
    found = matching_pairs(Fingerprints(hashes, thumbnails), 6)
    assert found.tolist() == [[3, 2400], [1400, 1500]]


@pytest.mark.parametrize("distance", [-1, 17])
def test_a_senseless_distance_is_refused(tmp_path: Path, distance: int) -> None:
    prints = fingerprint(tmp_path, [flat(tmp_path, 10)])
    with pytest.raises(ValueError, match="between 0 and 16"):
        matching_pairs(prints, distance)


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"bad\.jpg"):
        fingerprint(tmp_path, [FaceRow("bad.jpg", "with_mask", "own", "", "", 0, 0, 9, 9)])


def test_correlation_is_pearsons() -> None:
    rng = np.random.default_rng(0)
    ones, others = rng.integers(0, 256, (2, 3, 50)).astype(np.uint8)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(ones, others, strict=True)]
    np.testing.assert_allclose(correlation(ones, others), expected, atol=1e-12)
    assert correlation(np.full((1, 5), 7, np.uint8), np.arange(5, dtype=np.uint8)[None]) == 0.0
