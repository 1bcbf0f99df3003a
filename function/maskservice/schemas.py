"""The wire types of contract v1: what is sent, and what /openapi.json tells."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from maskservice.errors import PROBLEM_KINDS
from maskservice.modelcard import Label, Thresholds
from maskservice.modelstore import Source
from maskservice.verdict import Reason, Verdict

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
CropErrorType = Literal["undecodable-image", "image-too-large"]

_MODEL: JsonDict = {
    "name": "mask-classifier",
    "version": "1.0.0",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015" * 2,
}
_JUDGED: JsonDict = {
    "index": 0,
    "filename": "a.jpg",
    "label": "incorrect_mask",
    "confidence": 0.93,
    "verdict": "violation",
    "reasons": [],
    "probabilities": {"with_mask": 0.04, "incorrect_mask": 0.93, "without_mask": 0.02, "not_face": 0.01},
    "width": 180,
    "height": 180,
}
_FAILED: JsonDict = {
    "index": 1,
    "filename": "b.jpg",
    "error": {"type": "undecodable-image", "detail": "This is not a JPEG, PNG or WebP picture."},
}
_REQUEST_ID = "0b0f8a52-6c0c-4b6f-9d0e-3f1a4f3f7f10"


def _example(value: JsonDict) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


class JsonUpload(BaseModel):
    """The JSON form of a request."""

    model_config = _example({"crops": ["/9j/4AAQSkZJRgABAQ…"]})

    crops: list[str] = Field(
        description="Pictures (JPEG, PNG or WebP) in base64: standard alphabet, padded, no line breaks. "
        "A `data:…;base64,` prefix is accepted."
    )


class ModelRef(BaseModel):
    """Which model answered."""

    model_config = _example(_MODEL)

    name: str
    version: str = Field(description="Semantic version of the model.")
    sha256: str = Field(description="Of the model file, hexadecimal.")


class Probabilities(BaseModel):
    """Calibrated probability per label, rounded to four decimals."""

    with_mask: Probability = Field(description="A mask covers nose tip and nostrils, mouth and chin.")
    incorrect_mask: Probability = Field(description="A mask is on the head, but nose, mouth or chin is bare.")
    without_mask: Probability = Field(description="A face with no mask.")
    not_face: Probability = Field(description="No face: background, hands, objects.")


class JudgedCrop(BaseModel):
    """The answer for one crop that could be decoded."""

    model_config = _example(_JUDGED)

    index: int = Field(ge=0, description="Position of the crop in the request, from 0.")
    filename: str | None = Field(description="As sent in a multipart body, otherwise null.")
    label: Label = Field(description="The most probable label.")
    confidence: Probability = Field(description="The probability of `label`.")
    verdict: Verdict = Field(
        description="What to act on. `compliant`: a mask is worn well. `violation`: a mask is worn badly, or "
        "none is worn. `uncertain`: below the model's thresholds. `rejected`: not a face, or the picture is "
        "unusable."
    )
    reasons: list[Reason] = Field(
        description="Why the verdict is `uncertain` or `rejected`; empty otherwise."
    )
    probabilities: Probabilities
    width: int = Field(gt=0, description="Of the upright crop, in pixels.")
    height: int = Field(gt=0, description="Of the upright crop, in pixels.")


class CropError(BaseModel):
    """Why one crop has no answer."""

    type: CropErrorType
    detail: str


class FailedCrop(BaseModel):
    """The place of a crop that could not be decoded."""

    model_config = _example(_FAILED)

    index: int = Field(ge=0, description="Position of the crop in the request, from 0.")
    filename: str | None = Field(description="As sent in a multipart body, otherwise null.")
    error: CropError


class Timing(BaseModel):
    """Where the time went, in milliseconds."""

    decode: float = Field(ge=0.0, description="Decoding, scaling and checking all crops.")
    inference: float = Field(ge=0.0, description="Running the model on the whole batch.")
    total: float = Field(ge=0.0, description="From the arrival of the request to this answer.")


class ClassifyResponse(BaseModel):
    """One result per crop, in the order of the request."""

    model_config = _example(
        {
            "request_id": _REQUEST_ID,
            "model": _MODEL,
            "results": [_JUDGED, _FAILED],
            "timing_ms": {"decode": 0.8, "inference": 1.1, "total": 2.4},
        }
    )

    request_id: str = Field(
        description="Also sent as the header `x-request-id`; name it when you report a problem."
    )
    model: ModelRef
    results: list[JudgedCrop | FailedCrop]
    timing_ms: Timing


class ModelInfo(BaseModel):
    """What an integrator must know to cut crops as the model was trained, and to read its answers."""

    model_config = _example(
        {
            **_MODEL,
            "labels": ["with_mask", "incorrect_mask", "without_mask", "not_face"],
            "input_size": [112, 112],
            "crop_margin": 0.15,
            "thresholds": {"compliant": 0.9, "violation": 0.8},
            "min_face_px": 24,
            "metrics": {"test_accuracy": 0.98},
        }
    )

    name: str
    version: str
    sha256: str
    labels: list[Label]
    input_size: tuple[int, int] = Field(description="Height and width to which crops are scaled, in pixels.")
    crop_margin: float = Field(
        ge=0.0,
        description="Share of the face box's width and height to add on each side of it, clamped to it.",
    )
    thresholds: Thresholds
    min_face_px: int = Field(
        gt=0, description="Short side of the smallest face box that is judged, in pixels."
    )
    metrics: dict[str, float] = Field(description="Named figures of the model's evaluation.")


class Health(BaseModel):
    """The function is alive and has a model."""

    model_config = _example(
        {
            "status": "degraded",
            "version": "1.0.0",
            "model": _MODEL,
            "source": "bundled",
            "fallback": "The model store cannot be read: AccessDenied.",
        }
    )

    status: Literal["ok", "degraded"] = Field(
        description="`degraded`: it answers, but with the bundled model instead of the one it should have."
    )
    version: str = Field(description="Of the function.")
    model: ModelRef
    source: Source = Field(
        description="Where the model came from: `bundled` with the function, or `s3`, the model store."
    )
    fallback: str | None = Field(description="Why the bundled model stands in; null where it does not.")


class Unhealthy(BaseModel):
    """The function is alive, but has no model."""

    model_config = _example(
        {
            "status": "unavailable",
            "version": "1.0.0",
            "detail": "There is no model file 'mask_classifier.onnx' …",
        }
    )

    status: Literal["unavailable"] = "unavailable"
    version: str = Field(description="Of the function.")
    detail: str = Field(description="Why the model could not be loaded.")


class Problem(BaseModel):
    """Why a whole request was not answered (RFC 9457)."""

    model_config = _example(
        {
            "type": "/problems/payload-too-large",
            "title": "The request body is too large",
            "status": 413,
            "detail": "The body is larger than 4000000 bytes. Send fewer crops, or smaller ones.",
            "instance": _REQUEST_ID,
        }
    )

    type: str = Field(
        description="Which kind of problem; stable, made for programs to compare. The function's own are "
        + ", ".join(f"`/problems/{error.problem_type}`" for error in PROBLEM_KINDS)
        + "; others are named after their status, such as `/problems/not-found`."
    )
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened this time, and what to do.")
    instance: str = Field(description="The request's id.")


class NothingDecodableProblem(Problem):
    """The problem of a request of which not one crop could be decoded."""

    model_config = _example(
        {
            "type": "/problems/nothing-decodable",
            "title": "No crop of the request could be decoded",
            "status": 422,
            "detail": "The crop could not be decoded: see results.",
            "instance": _REQUEST_ID,
            "results": [_FAILED],
        }
    )

    results: list[FailedCrop] = Field(description="Why, for each crop.")
