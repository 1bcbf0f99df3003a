"""Dividing crops into requests that the contract allows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maskclient.errors import CropTooLarge

MAX_CROPS = 16
"""Most crops in one request (contract version 1)."""
MAX_BODY_BYTES = 4_000_000
"""Largest request body (contract version 1)."""

_PART_OVERHEAD_BYTES = 256  # boundary and headers of a part, without the file name


@dataclass(frozen=True)
class Crop:
    """A face crop to be judged.

    Attributes
    ----------
    data : bytes
        A JPEG, PNG or WebP file.
    filename : str
        Comes back with the result.
    """

    data: bytes
    filename: str = "crop"


def batches(crops: Sequence[Crop]) -> Iterator[list[Crop]]:
    """Divide crops, in order, into what one request may carry.

    Parameters
    ----------
    crops : sequence of Crop
        Any number.

    Raises
    ------
    CropTooLarge
        If one crop alone is larger than a request may be.
    """
    batch: list[Crop] = []
    size = 0
    for number, crop in enumerate(crops):
        cost = len(crop.data) + len(crop.filename.encode()) + _PART_OVERHEAD_BYTES
        if cost > MAX_BODY_BYTES:
            raise CropTooLarge(
                f"Crop {number} ({crop.filename}) has {len(crop.data)} bytes; a request carries at most "
                f"{MAX_BODY_BYTES}. Scale it down: the model looks at small pictures."
            )
        if len(batch) == MAX_CROPS or size + cost > MAX_BODY_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(crop)
        size += cost
    if batch:
        yield batch
