import pytest

from maskclient.batching import MAX_BODY_BYTES, MAX_CROPS, Crop, batches
from maskclient.errors import CropTooLarge


@pytest.mark.parametrize(
    ("crops", "sizes"), [(0, []), (1, [1]), (16, [16]), (17, [16, 1]), (40, [16, 16, 8])]
)
def test_a_batch_has_at_most_sixteen(crops: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in batches([Crop(b"crop")] * crops)] == sizes


def test_batches_keep_the_order() -> None:
    crops = [Crop(bytes(1_000_000), f"{number}.jpg") for number in range(MAX_CROPS + 1)]
    assert [crop for batch in batches(crops) for crop in batch] == crops


def test_a_batch_has_room_for_what_surrounds_the_crops() -> None:
    sizes = [len(batch) for batch in batches([Crop(bytes(MAX_BODY_BYTES // 4))] * 8)]
    assert sizes == [3, 3, 2]


def test_a_crop_that_no_request_can_carry_is_named() -> None:
    with pytest.raises(CropTooLarge, match=r"Crop 2 \(big\.jpg\)"):
        list(batches([Crop(b""), Crop(b""), Crop(bytes(MAX_BODY_BYTES), "big.jpg")]))
