"""Where a model comes from: a file at hand, or a registry in S3."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from maskservice.errors import ModelUnavailable

Source = Literal["bundled", "s3"]

# Semantic Versioning 2.0.0 (semver.org) without build metadata: what the registry takes for a version.
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")
_ALIAS = re.compile(r"[a-z0-9-]+")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class ModelFile:
    """The bytes of a model and what identifies them.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    data : bytes
        The ONNX file.
    sha256 : str
        Of ``data``, in hexadecimal.
    """

    name: str
    data: bytes
    sha256: str


@dataclass(frozen=True)
class Origin:
    """Where the model that serves came from.

    Attributes
    ----------
    source : str
        ``bundled``: a file beside the code; ``s3``: the registry.
    fallback : str or None
        Why the bundled model serves although the registry's was asked for.
    """

    source: Source
    fallback: str | None = None


BUNDLED = Origin("bundled")


@dataclass(frozen=True)
class RegistryEntry:
    """A model in a registry, as ``models/PUBLISHING.md`` lays one out.

    Attributes
    ----------
    bucket, prefix : str
        Where the registry is; the prefix is empty or ends with a slash.
    version : str
        A version such as ``1.2.0``, or an alias such as ``production``.
    """

    bucket: str
    prefix: str
    version: str

    @classmethod
    def of(cls, uri: str, version: str) -> Self:
        """Read a registry's address and a version.

        Parameters
        ----------
        uri : str
            ``s3://bucket/prefix``; the prefix may be missing, or end with a slash.
        version : str
            A version, or an alias: small letters, digits and hyphens.

        Raises
        ------
        ValueError
            If either means nothing.
        """
        parts = urlsplit(uri)
        if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.query or parts.fragment:
            raise ValueError(f"{uri!r} is no address of a model registry; write s3://bucket/prefix.")
        if not (_VERSION.fullmatch(version) or _ALIAS.fullmatch(version)):
            raise ValueError(
                f"{version!r} is neither a model's version, such as 1.2.0, nor an alias, such as production."
            )
        prefix = parts.path.strip("/")
        return cls(parts.netloc, f"{prefix}/" if prefix else "", version)

    @property
    def pointer(self) -> str:
        """Key of the small document that says where the model lies and what its SHA-256 is."""
        if _VERSION.fullmatch(self.version):
            return f"{self.prefix}versions/{self.version}/manifest.json"
        return f"{self.prefix}aliases/{self.version}.json"


def read_model(path: Path) -> ModelFile:
    """Read a model file.

    Parameters
    ----------
    path : Path
        An ONNX file.

    Raises
    ------
    ModelUnavailable
        If the file cannot be read. The message names the file without its folder, because
        callers of the API get to see it.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelUnavailable(
            f"There is no model file {path.name!r} where the function looks for it."
        ) from error
    except OSError as error:
        raise ModelUnavailable(f"The model file {path.name!r} cannot be read: {error.strerror}.") from error
    return ModelFile(path.name, data, hashlib.sha256(data).hexdigest())
