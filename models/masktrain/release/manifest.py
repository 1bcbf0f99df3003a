"""What a published model's manifest says, and what identifies the pictures of its figures."""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from maskservice.modelcard import Share
from masktrain.dataset.samples import Sample, Split, read_samples
from masktrain.errors import DatasetError, RegistryError

# Semantic Versioning 2.0.0 (semver.org) without build metadata, whose "+" must be escaped in S3 addresses.
_NUMBER = "(?:0|[1-9][0-9]*)"
_LABEL = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
VERSION = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_LABEL}(?:\.{_LABEL})*)?"
SHA256 = "^[0-9a-f]{64}$"


class Figures(BaseModel):
    """The figures by which a published model is compared with others.

    Attributes
    ----------
    test_strict_accuracy : float or None
        Share of the test faces, truly with or without a mask, that are called just that, 0 to 1.
    val_macro_f1 : float or None
        Mean F1 of the three face labels on val, 0 to 1.
    test_set, val_set : str or None
        `samples_digest` of the pictures that the figures were taken from. Figures are comparable
        only where these are equal.
    """

    model_config = ConfigDict(frozen=True)

    test_strict_accuracy: Share | None = None
    val_macro_f1: Share | None = None
    test_set: Annotated[str, Field(pattern=SHA256)] | None = None
    val_set: Annotated[str, Field(pattern=SHA256)] | None = None

    @property
    def comparable(self) -> bool:
        """Whether all is known that a comparison needs."""
        return None not in self.model_dump().values()


class Manifest(BaseModel):
    """What identifies and describes one published version; written once, never changed.

    Attributes
    ----------
    layout : int
        Of the objects in the bucket; it rises when older readers could not follow.
    name, version : str
        From the model's card.
    sha256, bytes : str, int
        Of the model file.
    path : str
        Where the model lies, relative to the registry's prefix.
    created : datetime
        When it was published, UTC.
    opset : int
        Of the ONNX operators the model is built from.
    onnxruntime : str
        The version of ONNX Runtime that ran the model when it was published.
    figures : Figures
        What promotion compares.
    card : dict
        The whole card, so that it can be read without the model.
    """

    model_config = ConfigDict(frozen=True)

    layout: Literal[1] = 1
    name: str
    version: Annotated[str, Field(pattern=rf"^{VERSION}$")]
    sha256: Annotated[str, Field(pattern=SHA256)]
    bytes: Annotated[int, Field(gt=0)]
    path: str
    created: AwareDatetime
    opset: int
    onnxruntime: str
    figures: Figures
    card: dict[str, JsonValue]

    @model_validator(mode="after")
    def _path_follows_from_identity(self) -> Self:
        if self.path != model_path(self.version, self.sha256):
            raise ValueError("path is not where a model of this version and sha256 lies")
        return self


def check_version(version: str) -> str:
    """Return a version if it follows semantic versioning, without build metadata.

    Raises
    ------
    RegistryError
        If it does not.
    """
    if not re.fullmatch(VERSION, version):
        raise RegistryError(f"{version!r} is no version. Use three numbers as in 1.2.0, or 1.2.0-rc.1.")
    return version


def model_path(version: str, sha256: str) -> str:
    """Return where a model lies, relative to the registry's prefix."""
    return f"versions/{version}/{sha256}/model.onnx"


def first_fault(error: ValidationError) -> str:
    """Return which field of a document is wrong first, and how, without a full stop."""
    fault = error.errors()[0]
    return f"{'.'.join(str(part) for part in fault['loc']) or 'document'}: {fault['msg']}"


def utc_now() -> datetime:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def samples_digest(samples: Iterable[Sample]) -> str:
    """Return what identifies a set of labelled crops: 64 hexadecimal digits.

    It covers each picture's bytes, its label (corrections applied), box and face size, and
    neither order nor file names: a data folder may be moved or sorted anew.

    Raises
    ------
    DatasetError
        If a picture cannot be read.
    """
    lines = []
    for sample in samples:
        try:
            picture = hashlib.sha256(sample.path.read_bytes()).hexdigest()
        except OSError as error:
            raise DatasetError(f"{sample.path} cannot be read: {error.strerror}.") from error
        box = " ".join(f"{side:g}" for side in sample.box)
        lines.append(f"{picture} {sample.label} {box} {sample.face_px}\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def split_digest(data: Path, split: Split) -> str:
    """Return the `samples_digest` of one split of a data folder.

    Raises
    ------
    DatasetError
        If the folder cannot be read, or has no row of the split.
    """
    return samples_digest(read_samples(data, (split,)))
