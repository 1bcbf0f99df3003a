"""The card inside the detector's file: what it reads, what its numbers mean, how it was measured."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from masktrain.errors import ExportError

METADATA_KEY = "maskcheck_detector_card"
NAME = "face-detector"


class DetectorCard(BaseModel):
    """How a detector file must be read.

    Attributes
    ----------
    name, version : str
        Which detector this is; ``version`` follows semantic versioning.
    longest_side : int
        Pixels to which a larger picture's longest side is scaled down, inside the graph.
    framing : tuple of float
        Factors by which the network's boxes are widened and heightened about their middle.
    score_floor : float
        Finds of a lower score do not come out of the graph, 0 to 1.
    threshold : float
        Score from which a find is taken for a face, 0 to 1; chosen on val.
    most_overlap : float
        Intersection over union above which the less sure of two finds is dropped.
    metrics : dict
        Named figures of the evaluation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = NAME
    version: str
    longest_side: Annotated[int, Field(ge=64, le=2048)]
    framing: tuple[Annotated[float, Field(gt=0.0)], Annotated[float, Field(gt=0.0)]] = (1.0, 1.0)
    score_floor: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    most_overlap: Annotated[float, Field(gt=0.0, le=1.0)] = 0.4
    metrics: dict[str, float] = {}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Self:
        """Read the card out of a file's metadata.

        Raises
        ------
        ExportError
            If there is none, or it is not one this code understands.
        """
        text = metadata.get(METADATA_KEY)
        if text is None:
            raise ExportError(f"The file carries no detector's card (metadata key {METADATA_KEY!r}).")
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise ExportError(f"The detector's card is not usable: {error.errors()[0]['msg']}.") from error

    def to_metadata(self) -> dict[str, str]:
        """Return the metadata entry to embed in an ONNX file."""
        return {METADATA_KEY: self.model_dump_json()}
