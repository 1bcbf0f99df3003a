"""Objects in S3."""

import re
from datetime import UTC
from typing import Any

import boto3
from botocore.config import Config

from maskservice.batch.awsfaults import fault_of, is_missing, is_taken, passing, transient
from maskservice.batch.faults import TransientFault
from maskservice.batch.store import Input, Readable

CONNECT_S = 2.0
SILENCE_S = 5.0
ATTEMPTS = 3
"""A call ends after about half a minute at worst: within the time that is kept for the last of them."""

_ETAG = re.compile(r"[0-9a-f]{32}(-\d+)?")
"""What a version looks like that is an ETag; S3's own version ids use the whole alphabet."""

_UNVERSIONED = (None, "null")
_TYPES = {".json": "application/json", ".jsonl": "application/x-ndjson"}


def open_client(service: str) -> Any:  # noqa: ANN401 (boto3 makes its clients' types when it runs)
    """Make a client of AWS that tries again shortly and gives up early; the queue does the rest.

    Parameters
    ----------
    service : str
        ``s3`` or ``sqs``.
    """
    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=SILENCE_S,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    return boto3.client(service, config=config)  # type: ignore[call-overload]


class S3Store:
    """Objects in S3; see `maskservice.batch.store.Store`.

    Parameters
    ----------
    client
        boto3's, for S3.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 (as above)
        self._client = client

    def open(self, bucket: str, key: str, version: str | None) -> Input:
        """Open an input; see the protocol."""
        asked = {"Bucket": bucket, "Key": key}
        if version is not None and _ETAG.fullmatch(version):
            asked["IfMatch"] = f'"{version}"'
        elif version is not None:
            asked["VersionId"] = version
        try:
            answer = self._client.get_object(**asked)
        except Exception as error:  # botocore's and urllib3's errors have no common base
            raise fault_of(error) from error
        told = answer.get("VersionId")
        return Input(
            version=answer["ETag"].strip('"') if told in _UNVERSIONED else told,
            date=answer["LastModified"].astimezone(UTC).date().isoformat(),
            size=answer["ContentLength"],
            body=_Body(answer["Body"]),
        )

    def put_once(self, bucket: str, key: str, data: bytes) -> bool:
        """Write a document unless there is one; see the protocol."""
        kind = _TYPES.get(key[key.rfind(".") :], "application/octet-stream")
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=data, ContentType=kind, IfNoneMatch="*")
        except Exception as error:  # as above
            if is_taken(error):
                return False
            raise transient(error) from error
        return True

    def read(self, bucket: str, key: str) -> bytes | None:
        """Return a document; see the protocol."""
        try:
            return bytes(self._client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except Exception as error:  # as above
            if is_missing(error):
                return None
            raise transient(error) from error

    def exists(self, bucket: str, key: str) -> bool:
        """Tell whether there is a document; see the protocol."""
        try:
            self._client.head_object(Bucket=bucket, Key=key)
        except Exception as error:  # as above
            if is_missing(error):
                return False
            raise transient(error) from error
        return True

    def delete(self, bucket: str, key: str) -> None:
        """Remove a document; see the protocol."""
        with passing():
            self._client.delete_object(Bucket=bucket, Key=key)


class _Body:
    """The bytes of an object on their way, whose errors are told as ours."""

    def __init__(self, body: Readable) -> None:
        self._body = body

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._body.read() if size < 0 else self._body.read(size)
        except Exception as error:  # as above
            raise TransientFault(f"The object broke off: {type(error).__name__}.") from error

    def close(self) -> None:
        self._body.close()
