"""One S3 bucket: conditional writes, checksums, and errors that say what to do.

The only place that makes an S3 client or meets one of botocore's errors.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 (botocore's own name)
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from masktrain.errors import RegistryError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONNECT_S, _READ_S = 5, 60

_ABSENT = {"NoSuchKey", "404"}
# What S3 answers where a condition does not hold, or another conditional write is under way.
_LOST = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_FORBIDDEN = {"AccessDenied", "AllAccessDisabled", "403"}
_CREDENTIALS = {
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
_REGION = {"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "301"}


class _Condition(TypedDict, total=False):
    """What must hold for S3 to write: the object is new, or still the one with this tag."""

    IfNoneMatch: str
    IfMatch: str


@dataclass(frozen=True)
class StoredObject:
    """An object's bytes, and the tag that changes with them."""

    data: bytes
    etag: str


@dataclass(frozen=True)
class StoredSize:
    """What S3 says of an object without sending it.

    Attributes
    ----------
    size : int
        In bytes.
    sha256 : str or None
        In hexadecimal; None where the store keeps none for the whole object.
    """

    size: int
    sha256: str | None


@dataclass(frozen=True)
class Bucket:
    """One bucket, through one client.

    Every method raises ``RegistryError`` where S3 cannot be reached or refuses.

    Attributes
    ----------
    name : str
        The bucket's name.
    client : S3Client
        Made by `open_bucket`.
    """

    name: str
    client: "S3Client" = field(repr=False)

    def read(self, key: str) -> StoredObject | None:
        """Return an object; None if there is none."""
        with self._explained("read", key):
            try:
                answer = self.client.get_object(Bucket=self.name, Key=key)
                return StoredObject(answer["Body"].read(), answer["ETag"])
            except ClientError as error:
                if _code(error) in _ABSENT:
                    return None
                raise

    def measure(self, key: str) -> StoredSize | None:
        """Return an object's size and checksum; None if there is none."""
        with self._explained("read", key):
            try:
                answer = self.client.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
            except ClientError as error:
                if _code(error) in _ABSENT:
                    return None
                raise
        checksum = answer.get("ChecksumSHA256", "")
        # A copy made in parts has a checksum of checksums, marked by "-" and the number of parts.
        whole = base64.b64decode(checksum).hex() if checksum and "-" not in checksum else None
        return StoredSize(answer["ContentLength"], whole)

    def write(
        self,
        key: str,
        data: bytes,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        replaces: str | None = None,
    ) -> bool:
        """Write an object if nobody else has.

        Parameters
        ----------
        key : str
            Where to.
        data : bytes
            At most 5 GB; S3 verifies their SHA-256.
        content_type : str
            A media type.
        metadata : mapping, optional
            Kept with the object.
        replaces : str, optional
            The tag of the object that is replaced. Without it the object must be new.

        Returns
        -------
        bool
            False if the object is there already, or is no longer the one with that tag;
            then nothing was written.
        """
        condition: _Condition = {"IfNoneMatch": "*"} if replaces is None else {"IfMatch": replaces}
        checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
        with self._explained("write", key):
            try:
                self.client.put_object(
                    Bucket=self.name,
                    Key=key,
                    Body=data,
                    ContentType=content_type,
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=checksum,
                    Metadata=metadata or {},
                    **condition,
                )
            except ClientError as error:
                if _code(error) in _LOST or (replaces is not None and _code(error) in _ABSENT):
                    return False
                raise
        return True

    def children(self, folder: str) -> list[str]:
        """Return the names right under a folder, which ends with a slash; sorted, without it."""
        names = set()
        with self._explained("list", folder):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=folder, Delimiter="/"
            )
            for page in pages:
                names |= {entry["Prefix"] for entry in page.get("CommonPrefixes", [])}
                names |= {entry["Key"] for entry in page.get("Contents", [])}
        return sorted(name.removeprefix(folder).rstrip("/") for name in names - {folder})

    @contextmanager
    def _explained(self, doing: str, key: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise RegistryError(explain(error, self.name, doing, key)) from error


def open_bucket(name: str, endpoint_url: str | None = None) -> Bucket:
    """Make the client for a bucket; S3 is not asked yet.

    Parameters
    ----------
    name : str
        The bucket. Credentials, region and retries are set where every AWS tool takes them from.
    endpoint_url : str, optional
        Of another store that speaks S3.

    Raises
    ------
    RegistryError
        If the AWS settings of this machine, or the endpoint, cannot be used.
    """
    config = Config(
        connect_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        # Other stores seldom have a DNS name for each bucket.
        s3={"addressing_style": "path" if endpoint_url else "auto"},
    )
    try:
        return Bucket(name, boto3.client("s3", endpoint_url=endpoint_url, config=config))
    except BotoCoreError as error:
        raise RegistryError(f"S3 cannot be used: {error}") from error
    except ValueError as error:  # of the endpoint
        raise RegistryError(f"{error}. Give the endpoint as in https://s3.example.com.") from error


def explain(error: BotoCoreError | ClientError, bucket: str, doing: str, key: str) -> str:
    """Return what an error of S3 means and what to do about it, in one line."""
    if isinstance(error, ClientError):
        return _explain_answer(error, bucket, doing, key)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return (
            "There are no AWS credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or sign in with the AWS CLI."
        )
    if isinstance(error, ConnectionError | HTTPClientError):
        return f"S3 cannot be reached: {error}"
    return f"Bucket {bucket} cannot be used: {' '.join(str(error).split())}"


def _explain_answer(error: ClientError, bucket: str, doing: str, key: str) -> str:
    code = _code(error)
    if code == "NoSuchBucket":
        return f"There is no bucket {bucket}. Create it, or name another with --bucket."
    if code in _FORBIDDEN:
        return (
            f"These credentials may not {doing} s3://{bucket}/{key}. models/PUBLISHING.md lists the "
            "permissions that each command needs."
        )
    if code in _CREDENTIALS:
        return (
            f"S3 does not accept these credentials ({code}). Sign in anew, and check this computer's clock."
        )
    if code in _REGION:
        return f"Bucket {bucket} lies in another region. Name it in AWS_DEFAULT_REGION."
    message = error.response.get("Error", {}).get("Message", "no reason given")
    return f"S3 would not {doing} s3://{bucket}/{key}: {code}: {message}"


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "unknown")
