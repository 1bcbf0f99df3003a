"""Perceptual fingerprints of face crops, and which of them show nearly the same picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from rich.console import Console
from rich.progress import track

from masktrain.dataset.samples import load_picture
from masktrain.dataset.table import FaceRow
from masktrain.framing import cut_crop

Pairs = npt.NDArray[np.int64]
"""Shape (m, 2): row numbers, the smaller first."""

LARGEST_DISTANCE = 16
"""Above this many different bits of 64, unrelated faces match (unrelated hashes differ in 32)."""

# Fixed, so that groups do not depend on the margin that a model is trained with.
_MARGIN = 0.15
_SIDE = 32  # what a 64-bit phash reduces a picture to
# Faces are aligned by their boxes, so that hashes of different faces meet by chance. Among 755
# pairs of crops within 6 bits, all but a few of the true copies correlated by more than this, and
# portraits of different people by less.
_LEAST_CORRELATION = 0.88
_BLOCK = 1024
# Numbers of hashes in a row of `Fingerprints.hashes`, and of thumbnails behind them.
_FACE, _FACE_MIRRORED, _WHOLE, _WHOLE_MIRRORED = range(4)
_COMPARISONS = (
    (_FACE, _FACE),
    (_FACE, _FACE_MIRRORED),
    (_WHOLE, _WHOLE),
    (_WHOLE, _WHOLE_MIRRORED),
    # A tight crop of a picture that another source has whole, in both orders.
    (_FACE, _WHOLE),
    (_WHOLE, _FACE),
    (_FACE, _WHOLE_MIRRORED),
    (_WHOLE, _FACE_MIRRORED),
)


@dataclass(frozen=True)
class Fingerprints:
    """What is compared of n crops: of the face with its margin, and of the whole crop.

    Attributes
    ----------
    hashes : ndarray of uint64, shape (n, 4)
        Perceptual hashes (DCT of the luma; Zauner, "Implementation and Benchmarking of
        Perceptual Image Hash Functions", 2010) of the face, the face mirrored, the whole crop
        and the whole crop mirrored.
    thumbnails : ndarray of uint8, shape (n, 2, 1024)
        Luma of face and whole crop, reduced to 32 x 32.
    """

    hashes: npt.NDArray[np.uint64]
    thumbnails: npt.NDArray[np.uint8]


def fingerprint(data: Path, rows: Sequence[FaceRow]) -> Fingerprints:
    """Take the fingerprints of the crops of some rows.

    Parameters
    ----------
    data : Path
        Folder that the rows' paths are relative to.
    rows : sequence of FaceRow
        In this order.

    Raises
    ------
    DatasetError
        If a picture cannot be read.
    """
    hashes = np.zeros((len(rows), 4), dtype=np.uint64)
    thumbnails = np.zeros((len(rows), 2, _SIDE * _SIDE), dtype=np.uint8)
    for number, row in enumerate(
        track(rows, description="Fingerprints", console=Console(stderr=True), transient=True)
    ):
        picture = load_picture(data / row.path).convert("L")
        for part, crop in enumerate((cut_crop(picture, row.box, _MARGIN), picture)):
            small = crop.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
            thumbnails[number, part] = np.asarray(small).reshape(-1)
            hashes[number, 2 * part] = _bits(small)
            hashes[number, 2 * part + 1] = _bits(ImageOps.mirror(small))
    return Fingerprints(hashes, thumbnails)


def matching_pairs(prints: Fingerprints, distance: int) -> Pairs:
    """Find the pairs of crops that show nearly the same picture, upright or mirrored.

    Every pair is compared, a block of rows at a time: for 17,000 crops that takes seconds.

    Parameters
    ----------
    prints : Fingerprints
        Of n crops.
    distance : int
        Most bits of 64 in which two hashes may differ.

    Returns
    -------
    ndarray of int64, shape (m, 2)
        Sorted, each pair once.

    Raises
    ------
    ValueError
        If the distance is not between 0 and `LARGEST_DISTANCE`.
    """
    if not 0 <= distance <= LARGEST_DISTANCE:
        raise ValueError(f"A distance of {distance} bits is not between 0 and {LARGEST_DISTANCE}.")
    found = [np.empty((0, 2), dtype=np.int64)]
    for first, second in _COMPARISONS:
        for pairs in _near(prints.hashes[:, first], prints.hashes[:, second], distance):
            ones = prints.thumbnails[pairs[:, 0], first // 2]
            others = prints.thumbnails[pairs[:, 1], second // 2]
            if second in (_FACE_MIRRORED, _WHOLE_MIRRORED):
                others = others.reshape(-1, _SIDE, _SIDE)[:, :, ::-1].reshape(-1, _SIDE * _SIDE)
            found.append(pairs[correlation(ones, others) >= _LEAST_CORRELATION])
    return np.unique(np.concatenate(found), axis=0)


def correlation(ones: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return Pearson's correlation of the rows of two arrays; 0 where a row is flat.

    Parameters
    ----------
    ones, others : ndarray of uint8, shape (m, k)
        Levels.

    Returns
    -------
    ndarray of float, shape (m,)
        -1 to 1.
    """
    a = ones - ones.mean(axis=1, keepdims=True)
    b = others - others.mean(axis=1, keepdims=True)
    size = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    product = (a * b).sum(axis=1)
    return np.asarray(np.divide(product, size, out=np.zeros(len(a)), where=size > 0))


def _near(ones: npt.NDArray[np.uint64], others: npt.NDArray[np.uint64], distance: int) -> Iterator[Pairs]:
    """Yield the pairs i < j whose hashes differ in at most some bits, in pieces of bounded size."""
    for start in range(0, len(ones), _BLOCK):
        differing = np.bitwise_count(ones[start : start + _BLOCK, None] ^ others[None, start:])
        i, j = np.nonzero(differing <= distance)
        pairs = np.stack([i + start, j + start], axis=1)[i < j]
        for piece in range(0, len(pairs), 4 * _BLOCK):
            yield pairs[piece : piece + 4 * _BLOCK]


def _bits(picture: Image.Image) -> np.uint64:
    """Return the perceptual hash of a 32 x 32 picture as one number."""
    bits = np.packbits(imagehash.phash(picture).hash.reshape(-1))
    return np.uint64(int.from_bytes(bits.tobytes(), "big"))
