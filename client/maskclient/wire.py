"""The answers of the API, contract version 1, as typed values.

Fields this version does not know are ignored; a field it needs and does not find is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from maskclient.jsonfields import Fields


@dataclass(frozen=True)
class CropError:
    """Why one crop has no answer.

    Attributes
    ----------
    type : str
        Stable, for programs to compare, such as ``undecodable-image``.
    detail : str
        What happened, in words.
    """

    type: str
    detail: str

    @classmethod
    def from_wire(cls, fields: Fields) -> Self:
        """Read an element of ``results`` that has an error; see `CropResult.from_wire`."""
        error = fields.within("error")
        return cls(error.text("type"), error.text("detail"))


@dataclass(frozen=True)
class Judgement:
    """What the API says about one crop.

    Attributes
    ----------
    label : str
        The most probable label: ``with_mask``, ``incorrect_mask``, ``without_mask`` or ``not_face``.
    confidence : float
        The label's calibrated probability, 0 to 1.
    verdict : str
        What to act on: ``compliant``, ``violation``, ``uncertain`` or ``rejected``.
    reasons : tuple of str
        Why the verdict is ``uncertain`` or ``rejected``, such as ``too-small``.
    probabilities : mapping of str to float
        Per label, 0 to 1.
    width, height : int
        Of the crop as the API saw it, upright, in pixels.
    """

    label: str
    confidence: float
    verdict: str
    reasons: tuple[str, ...]
    probabilities: Mapping[str, float]
    width: int
    height: int

    @classmethod
    def from_wire(cls, fields: Fields) -> Self:
        """Read an element of ``results`` that has no error; see `CropResult.from_wire`."""
        return cls(
            label=fields.text("label"),
            confidence=fields.number("confidence"),
            verdict=fields.text("verdict"),
            reasons=fields.texts("reasons"),
            probabilities=fields.numbers("probabilities"),
            width=fields.integer("width"),
            height=fields.integer("height"),
        )


@dataclass(frozen=True)
class CropResult:
    """The answer for one crop: a judgement, or the error that stands in its place.

    Attributes
    ----------
    index : int
        Position of the crop in the call, from 0.
    filename : str or None
        As sent.
    outcome : Judgement or CropError
        The answer.
    raw : mapping
        The result as it came over the wire, with its ``index`` put in terms of the call.
    """

    index: int
    filename: str | None
    outcome: Judgement | CropError
    raw: Mapping[str, Any]

    @classmethod
    def from_wire(cls, fields: Fields) -> Self:
        """Read one element of ``results``.

        Parameters
        ----------
        fields : Fields
            Decoded JSON.

        Raises
        ------
        InvalidResponse
            If a field is missing or of another type.
        """
        outcome = CropError.from_wire(fields) if "error" in fields.raw else Judgement.from_wire(fields)
        return cls(fields.integer("index"), fields.optional_text("filename"), outcome, fields.raw)

    def at(self, index: int) -> Self:
        """Return the same answer as that of the crop at another position."""
        return replace(self, index=index, raw={**self.raw, "index": index})


@dataclass(frozen=True)
class ModelRef:
    """Which model answered.

    Attributes
    ----------
    name, version : str
        Its name and semantic version.
    sha256 : str
        Of the model file, hexadecimal.
    """

    name: str
    version: str
    sha256: str

    @classmethod
    def from_wire(cls, fields: Fields) -> Self:
        """Read a model reference; see `CropResult.from_wire`."""
        return cls(fields.text("name"), fields.text("version"), fields.text("sha256"))


@dataclass(frozen=True)
class ClassifyResponse:
    """The answers to one `MaskCheckClient.classify`, in the order of the crops.

    Attributes
    ----------
    results : tuple of CropResult
        One per crop.
    model : ModelRef or None
        The model that answered; None if there were no crops, or not one could be decoded.
    request_ids : tuple of str
        One per request that was sent; name them when you report a problem.
    """

    results: tuple[CropResult, ...]
    model: ModelRef | None
    request_ids: tuple[str, ...]


@dataclass(frozen=True)
class ModelInfo:
    """How the model wants its crops, and how its answers are meant.

    Attributes
    ----------
    name, version, sha256 : str
        As in `ModelRef`.
    labels : tuple of str
        What it can answer.
    input_size : tuple of int
        Height and width to which the API scales a crop, in pixels.
    crop_margin : float
        Share of the face box's width and height to add on each side.
    thresholds : mapping of str to float
        Least probability for a verdict, 0 to 1.
    min_face_px : int
        Short side of the smallest face box that is judged, in pixels.
    raw : mapping
        The document as it came over the wire, with the metrics of the model's evaluation.
    """

    name: str
    version: str
    sha256: str
    labels: tuple[str, ...]
    input_size: tuple[int, int]
    crop_margin: float
    thresholds: Mapping[str, float]
    min_face_px: int
    raw: Mapping[str, Any]

    @classmethod
    def from_wire(cls, fields: Fields) -> Self:
        """Read the answer of ``GET /v1/model``; see `CropResult.from_wire`."""
        return cls(
            name=fields.text("name"),
            version=fields.text("version"),
            sha256=fields.text("sha256"),
            labels=fields.texts("labels"),
            input_size=fields.size("input_size"),
            crop_margin=fields.number("crop_margin"),
            thresholds=fields.numbers("thresholds"),
            min_face_px=fields.integer("min_face_px"),
            raw=fields.raw,
        )


@dataclass(frozen=True)
class Health:
    """What ``GET /health`` says.

    Attributes
    ----------
    status : str
        ``ok``.
    version : str
        Of the function.
    raw : mapping
        The document as it came over the wire.
    """

    status: str
    version: str
    raw: Mapping[str, Any]

    @classmethod
    def from_wire(cls, fields: Fields) -> Self:
        """Read the answer of ``GET /health``; see `CropResult.from_wire`."""
        return cls(fields.text("status"), fields.text("version"), fields.raw)
