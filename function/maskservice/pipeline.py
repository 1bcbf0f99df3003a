"""From the uploads of one request to a result for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import numpy as np
import numpy.typing as npt

from maskservice.classifier import Classifier
from maskservice.errors import NothingDecodable, PictureError
from maskservice.preprocessing import decode, normalize, resize
from maskservice.quality import Refusal, refusals
from maskservice.schemas import CropError, CropErrorType, FailedCrop, JudgedCrop, Probabilities
from maskservice.uploads import Upload
from maskservice.verdict import judge

MILLISECONDS = 1000.0


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
    """A decoded crop, ready for the model."""

    index: int
    filename: str | None
    size: tuple[int, int]
    refusals: list[Refusal]
    tensor: npt.NDArray[np.float32]


def classify_uploads(uploads: Sequence[Upload], classifier: Classifier, max_pixels: int) -> Outcome:
    """Decode every crop, run the model once over all of them, and judge each.

    Parameters
    ----------
    uploads : sequence of Upload
        At least one.
    classifier : Classifier
        The model.
    max_pixels : int
        Most pixels of one picture.

    Raises
    ------
    NothingDecodable
        If not one upload is a usable picture.
    """
    started = perf_counter()
    crops = [_prepare(index, upload, classifier, max_pixels) for index, upload in enumerate(uploads)]
    prepared = [crop for crop in crops if isinstance(crop, _Prepared)]
    if not prepared:
        raise _nothing_decodable([crop for crop in crops if isinstance(crop, FailedCrop)])
    decoded = perf_counter()
    rows = iter(classifier.probabilities(np.stack([crop.tensor for crop in prepared])))
    inferred = perf_counter()
    results = [
        crop if isinstance(crop, FailedCrop) else _judged(crop, next(rows), classifier) for crop in crops
    ]
    return Outcome(results, (decoded - started) * MILLISECONDS, (inferred - decoded) * MILLISECONDS)


def _prepare(index: int, upload: Upload, classifier: Classifier, max_pixels: int) -> _Prepared | FailedCrop:
    try:
        if isinstance(upload.content, PictureError):
            raise upload.content
        picture = decode(upload.content, max_pixels)
    except PictureError as error:
        cause = CropError(type=cast(CropErrorType, error.problem_type), detail=error.detail)
        return FailedCrop(index=index, filename=upload.filename, error=cause)
    pixels = resize(picture, classifier.card)
    found = refusals(pixels, picture.size, classifier.card)
    return _Prepared(index, upload.filename, picture.size, found, normalize(pixels, classifier.card))


def _judged(crop: _Prepared, row: npt.NDArray[np.float64], classifier: Classifier) -> JudgedCrop:
    judgement = judge(row.tolist(), crop.refusals, classifier.card)
    width, height = crop.size
    return JudgedCrop(
        index=crop.index,
        filename=crop.filename,
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
