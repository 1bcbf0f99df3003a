"""Fetches a model from a registry in S3, and believes nothing but its SHA-256.

Imported only where a model comes from S3: boto3 takes a quarter of a second to import.
"""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, Field, ValidationError

from maskservice.errors import ModelUnavailable
from maskservice.modelstore import ModelFile, RegistryEntry

CACHE = Path(tempfile.gettempdir()) / "maskcheck-models"
"""The only place that a function may write to; it lives as long as the execution environment."""

DEADLINE_S = 7.0
"""Most seconds for all of a fetch: Lambda gives an initialisation 10."""

SILENCE_S = 3.0
"""Most seconds that the store may stay silent; it is then asked once more."""

_CONNECT_S = 1.0
_ATTEMPTS = 2
_POINTER_LIMIT = 1_000_000
_MODEL_LIMIT = 100_000_000
_CHUNK = 1 << 16


class ObjectStore(Protocol):
    """What is needed of boto3's S3 client."""

    def get_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: ANN401, N803 (boto3's own)
        """Return a mapping whose ``Body`` can be read in chunks."""
        ...


class _Pointer(BaseModel):
    """What a manifest and an alias have in common. Further members are no concern of readers."""

    layout: Literal[1]
    version: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    path: Annotated[str, Field(pattern="^versions/")]


class _Clock:
    """Raises when a fetch has taken too long, however steadily its bytes trickle in."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = monotonic() + seconds

    def check(self) -> None:
        if monotonic() > self._end:
            raise ModelUnavailable(f"The model store took longer than {self._seconds:g} seconds.")


def open_store(silence_s: float = SILENCE_S) -> ObjectStore:
    """Make an S3 client that gives up early.

    Region, credentials and endpoint are read as for any AWS tool (``AWS_REGION``,
    ``AWS_ENDPOINT_URL_S3``, …).

    Parameters
    ----------
    silence_s : float
        Most seconds without a byte.

    Raises
    ------
    ModelUnavailable
        If boto3 is not installed (Lambda brings it along), or there is no region.
    """
    try:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=_CONNECT_S, read_timeout=silence_s, retries={"total_max_attempts": _ATTEMPTS}
        )
        store: ObjectStore = boto3.client("s3", config=config)
    except ImportError as error:
        raise ModelUnavailable("Models come from S3 only where boto3 is installed.") from error
    except Exception as error:  # botocore's errors have no common base
        raise ModelUnavailable(f"The model store cannot be used: {type(error).__name__}.") from error
    return store


def fetch_model(
    entry: RegistryEntry, store: ObjectStore, cache: Path = CACHE, deadline_s: float = DEADLINE_S
) -> ModelFile:
    """Fetch a model, or take it from the cache if the registry still names the same bytes.

    Parameters
    ----------
    entry : RegistryEntry
        Which.
    store : ObjectStore
        As `open_store` makes it.
    cache : Path
        A folder for model files, which need not exist. Nothing in it is trusted: a file counts
        only if its SHA-256 is the one that the registry tells now.
    deadline_s : float
        Most seconds.

    Raises
    ------
    ModelUnavailable
        If the store cannot be reached in time, has no such model, or serves other bytes than
        its SHA-256 says. The message names no bucket, because callers of the API get to see it.
    """
    clock = _Clock(deadline_s)
    pointer = _parse(_read(store, entry.bucket, entry.pointer, _POINTER_LIMIT, clock), entry.version)
    name = f"{entry.version} of the model store"
    kept = cache / f"{pointer.sha256}.onnx"
    with contextlib.suppress(OSError):
        data = kept.read_bytes()
        if _sha256(data) == pointer.sha256:
            return ModelFile(name, data, pointer.sha256)
    data = _read(store, entry.bucket, entry.prefix + pointer.path, _MODEL_LIMIT, clock)
    if _sha256(data) != pointer.sha256:
        raise ModelUnavailable(
            f"The model store served {len(data)} bytes for {entry.version!r} whose SHA-256 is not the one "
            "it was published with."
        )
    _keep(kept, data)
    return ModelFile(name, data, pointer.sha256)


def _parse(document: bytes, version: str) -> _Pointer:
    try:
        return _Pointer.model_validate_json(document)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"]) or "document"
        raise ModelUnavailable(
            f"What the model store says of {version!r} cannot be read: {field}: {fault['msg']}."
        ) from error


def _read(store: ObjectStore, bucket: str, key: str, limit: int, clock: _Clock) -> bytes:
    """Read an object whole, or say why not."""
    data = bytearray()
    for piece in _pieces(store, bucket, key):
        clock.check()
        data += piece
        if len(data) > limit:
            raise ModelUnavailable(f"The model store serves more than {limit} bytes.")
    return bytes(data)


def _pieces(store: ObjectStore, bucket: str, key: str) -> Iterator[bytes]:
    try:
        with contextlib.closing(store.get_object(Bucket=bucket, Key=key)["Body"]) as body:
            yield from body.iter_chunks(_CHUNK)
    except Exception as error:  # botocore's and urllib3's errors have no common base
        raise ModelUnavailable(f"The model store cannot be read: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    """Return S3's own name for what is wrong, or else the error's: neither names a bucket."""
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return str(code) if code else type(error).__name__


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _keep(file: Path, data: bytes) -> None:
    """Write a file into the cache, whole or not at all; no cache is no reason to fail."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as unfinished:
            unfinished.write(data)
        Path(unfinished.name).replace(file)
        for other in file.parent.glob("*.onnx"):
            if other != file:
                other.unlink()
