import numpy as np

from masktrain.augmentation.augment import Augmentation
from masktrain.augmentation.preview import preview_sheet
from masktrain.dataset.samples import Sample


def test_sheet_has_a_tile_for_each_sample(bare: Sample, rng: np.random.Generator) -> None:
    sheet = preview_sheet([bare] * 5, Augmentation(), rng, columns=3, side=32)
    assert sheet.size == (96, 88)
    tiles = np.asarray(sheet)
    assert tiles[44:76, 32:64].std() > 5
    assert (tiles[44:76, 64:] == 255).all()
