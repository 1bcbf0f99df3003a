"""From the uploads of one request to a result for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from time import perf_counter
from typing import cast

import numpy as np
import numpy.typing as npt

from maskservice.classifier import Classifier
from maskservice.crops import PreparedCrop, prepare
from maskservice.decoding import decode_crop, open_picture
from maskservice.errors import ImageTooLarge, NothingDecodable, PictureError
from maskservice.schemas import CropError, CropErrorType, FailedCrop, JudgedCrop, Probabilities
from maskservice.uploads import Upload

MILLISECONDS = 1000.0

USUAL_SCANS = 16
"""Scans of a JPEG that a picture's pixels pay for; encoders make about ten."""


class PixelBudget:
    """How many pixels a request may still have decoded.

    Bytes say little about the work in a picture: sixteen blank ones of 16 megapixels fit into a
    megabyte.

    Parameters
    ----------
    per_picture, per_request : int
        Most pixels (width times height) of one picture, and of all pictures together.
    """

    def __init__(self, per_picture: int, per_request: int) -> None:
        self.per_picture = per_picture
        self._per_request = per_request
        self._left = per_request

    def spend(self, size: tuple[int, int], scans: int = 1) -> None:
        """Take a picture's width times height off what is left.

        Parameters
        ----------
        size : tuple of int
            Width and height.
        scans : int
            Of a JPEG. Beyond sixteen the picture counts several times.

        Raises
        ------
        ImageTooLarge
            If less is left; a smaller picture may still have it.
        """
        pixels = size[0] * size[1] * ceil(scans / USUAL_SCANS)
        if pixels > self._left:
            stored = f" in {scans} scans" if scans > USUAL_SCANS else ""
            raise ImageTooLarge(
                f"With this picture of {size[0]} x {size[1]} pixels{stored} the request has more than the "
                f"{self._per_request} pixels accepted for all its pictures together. Send face crops, not "
                "whole pictures, or fewer at once."
            )
        self._left -= pixels


@dataclass(frozen=True)
class Outcome:
    """What became of a request's crops.

    Attributes
    ----------
    results : list of JudgedCrop or FailedCrop
        One per upload, in their order.
    decode_ms, inference_ms : float
        Time spent, in milliseconds.
    """

    results: list[JudgedCrop | FailedCrop]
    decode_ms: float
    inference_ms: float


@dataclass(frozen=True)
class _Prepared:
    """An upload that could be decoded."""

    index: int
    filename: str | None
    crop: PreparedCrop


def classify_uploads(uploads: Sequence[Upload], classifier: Classifier, budget: PixelBudget) -> Outcome:
    """Decode every crop, run the model once over all of them, and judge each.

    Parameters
    ----------
    uploads : sequence of Upload
        At least one.
    classifier : Classifier
        The model.
    budget : PixelBudget
        A new one.

    Raises
    ------
    NothingDecodable
        If not one upload is a usable picture.
    """
    started = perf_counter()
    crops = [_prepare(index, upload, classifier, budget) for index, upload in enumerate(uploads)]
    prepared = [crop for crop in crops if isinstance(crop, _Prepared)]
    if not prepared:
        raise _nothing_decodable([crop for crop in crops if isinstance(crop, FailedCrop)])
    decoded = perf_counter()
    rows = iter(classifier.probabilities([upload.crop.tensor for upload in prepared]))
    inferred = perf_counter()
    results = [
        crop if isinstance(crop, FailedCrop) else _judged(crop, next(rows), classifier) for crop in crops
    ]
    return Outcome(results, (decoded - started) * MILLISECONDS, (inferred - decoded) * MILLISECONDS)


def _prepare(
    index: int, upload: Upload, classifier: Classifier, budget: PixelBudget
) -> _Prepared | FailedCrop:
    try:
        if isinstance(upload.content, PictureError):
            raise upload.content
        picture = open_picture(upload.content, budget.per_picture)
        budget.spend(picture.size, picture.scans)
        crop = decode_crop(picture, classifier.card.input_size)
    except PictureError as error:
        cause = CropError(type=cast(CropErrorType, error.problem_type), detail=error.detail)
        return FailedCrop(index=index, filename=upload.filename, error=cause)
    return _Prepared(index, upload.filename, prepare(crop.image, crop.size, classifier.card))


def _judged(upload: _Prepared, row: npt.NDArray[np.float64], classifier: Classifier) -> JudgedCrop:
    judgement = upload.crop.judged(row, classifier.card)
    width, height = upload.crop.size
    return JudgedCrop(
        index=upload.index,
        filename=upload.filename,
        label=judgement.label,
        confidence=judgement.confidence,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        probabilities=Probabilities(**judgement.probabilities),
        width=width,
        height=height,
    )


def _nothing_decodable(failed: list[FailedCrop]) -> NothingDecodable:
    detail = (
        failed[0].error.detail
        if len(failed) == 1
        else f"Not one of the {len(failed)} crops could be decoded; 'results' says why for each."
    )
    return NothingDecodable(detail, [crop.model_dump() for crop in failed])
