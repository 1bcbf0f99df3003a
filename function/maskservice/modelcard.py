"""The card that travels inside a model file and says how the model must be used.

The card is one JSON object in the ONNX metadata under ``METADATA_KEY``. Every constant that
turns a picture into a tensor and a logit into a verdict stands there and nowhere else, so code
of one version cannot mis-normalise a model of another.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from maskservice.errors import ModelUnavailable

METADATA_KEY = "maskcheck_card"

Label = Literal["with_mask", "incorrect_mask", "without_mask", "not_face"]
LABELS: tuple[Label, ...] = ("with_mask", "incorrect_mask", "without_mask", "not_face")

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]


class Thresholds(BaseModel):
    """Calibrated probability from which a verdict is given rather than ``uncertain``.

    Attributes
    ----------
    compliant : float
        Least probability of ``with_mask`` for the verdict ``compliant``, 0 to 1.
    violation : float
        Least probability of ``incorrect_mask`` plus ``without_mask`` for the verdict
        ``violation``, 0 to 1. The two are added because a door treats them alike.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    compliant: Share
    violation: Share


class QualityFloor(BaseModel):
    """What a picture must reach to be judged at all, measured at the model's input size.

    Attributes
    ----------
    min_brightness : float
        Least mean luma (ITU-R BT.601), 0 to 255.
    min_sharpness : float
        Least variance of the 4-neighbour Laplacian of the luma (Pech-Pacheco et al., "Diatom
        autofocusing in brightfield microscopy: a comparative study", ICPR 2000).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_brightness: Annotated[float, Field(ge=0.0, le=255.0)]
    min_sharpness: Annotated[float, Field(ge=0.0)]


class ModelCard(BaseModel):
    """How one model file must be fed and read.

    Attributes
    ----------
    name, version : str
        Which model this is; ``version`` follows semantic versioning.
    labels : tuple of str
        Names of the model's outputs, in their order.
    input_size : tuple of int
        Height and width of the input tensor in pixels.
    mean, std : tuple of float
        Per channel, in RGB order, for values scaled to 0..1: the tensor is ``(x - mean) / std``.
    crop_margin : float
        Share of the face box's width and height to add on each side when cutting a crop.
    temperature : float
        Divides the logits before the softmax (Guo et al., "On Calibration of Modern Neural
        Networks", ICML 2017).
    thresholds : Thresholds
        When a verdict is given.
    min_face_px : int
        Short side of the smallest face box, in pixels, that is judged.
    quality : QualityFloor
        When a picture is refused as too dark or too blurred.
    metrics : dict
        Named figures of the evaluation that came with the model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    labels: tuple[Label, ...]
    input_size: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
    mean: tuple[float, float, float]
    std: tuple[Positive, Positive, Positive]
    crop_margin: Annotated[float, Field(ge=0.0, le=2.0)]
    temperature: Positive
    thresholds: Thresholds
    min_face_px: Annotated[int, Field(gt=0)]
    quality: QualityFloor
    metrics: dict[str, float]

    @model_validator(mode="after")
    def _labels_are_complete(self) -> Self:
        if sorted(self.labels) != sorted(LABELS):
            raise ValueError(f"labels must be {', '.join(LABELS)} in some order")
        return self

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Self:
        """Read the card out of a model's metadata.

        Parameters
        ----------
        metadata : mapping of str to str
            The custom metadata of the ONNX file.

        Raises
        ------
        ModelUnavailable
            If there is no card, or it is not one this code understands.
        """
        text = metadata.get(METADATA_KEY)
        if text is None:
            raise ModelUnavailable(f"The model file carries no card (metadata key {METADATA_KEY!r}).")
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "card"
            raise ModelUnavailable(f"The model's card is not usable: {field}: {first['msg']}.") from error

    def to_metadata(self) -> dict[str, str]:
        """Return the metadata entry to embed in an ONNX file."""
        return {METADATA_KEY: self.model_dump_json()}
