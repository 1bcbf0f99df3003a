"""The bucket. Imported only where one is used: boto3 is slow to import, and need not be installed."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from maskclient.batch.bucketerrors import code_of, failure
from maskclient.batch.objects import Lying, Sent, day_of, is_etag, version_of
from maskclient.errors import ConfigurationInvalid

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES = 8 * 2**20
"""Larger files are sent in parts of this size."""
CONNECT_SECONDS = 10
READ_SECONDS = 60
ATTEMPTS = 8
"""Per request, with botocore's growing pauses between them."""

_ABOUT_THE_FILE = frozenset({"EntityTooLarge", "InvalidURI", "KeyTooLongError"})
# Not what clears up behind a transfer that was ended.
_STOPPABLE = ("CreateMultipartUpload", "GetObject", "HeadObject", "PutObject", "UploadPart")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class FileRefused(Exception):
    """A file cannot be sent, while others can; the text says why."""


class Stopped(Exception):
    """The bucket was closed before a transfer ended."""


class Bucket:
    """What a batch needs of an S3 bucket. Its methods may be called by several threads at once.

    Credentials, region and endpoint are found as for any AWS tool (``AWS_PROFILE``, ``AWS_REGION``,
    ``AWS_ENDPOINT_URL``, …). Each object travels with its SHA-256, which S3 compares.

    Parameters
    ----------
    name : str
        The bucket.
    threads : int
        That will use it at once.
    profile, region : str, optional
        Instead of what the environment says.
    only_writing : bool
        Do not look first whether the bucket is there, which takes the right to list it.

    Raises
    ------
    BatchFailed
        If there is no such bucket, or these credentials do not open it.
    ConfigurationInvalid
        If no bucket can have this name.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        profile: str | None = None,
        region: str | None = None,
        *,
        only_writing: bool = False,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise ConfigurationInvalid(f"{name!r} is no name of a bucket; write s3://BUCKET.")
        self.name = name
        self._stopped = Event()
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=threads + 2,
        )
        # Each file has a thread already; a large one is read and sent part by part.
        self._transfer = TransferConfig(
            multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=2
        )
        try:
            session = boto3.Session(profile_name=profile, region_name=region)
            self._s3: S3Client = session.client("s3", config=config)
            for request in _STOPPABLE:
                self._s3.meta.events.register(f"before-send.s3.{request}", self._check)
            if not only_writing:
                self._s3.head_bucket(Bucket=name)
        except (BotoCoreError, ClientError, ValueError) as error:
            raise failure(error, name, "reading") from error

    def close(self) -> None:
        """End transfers that are going on, between two tries or two parts, and begin none."""
        self._stopped.set()

    def reopen(self) -> None:
        """Let transfers begin again."""
        self._stopped.clear()

    def put(self, file: Path, key: str) -> Sent:
        """Send a file.

        Raises
        ------
        BatchFailed
            If no other file would fare better.
        BucketTroubled
            If it could not be sent, and may well be a little later.
        FileRefused
            If this file cannot be read, or S3 does not take it.
        Stopped
            If the bucket is closed.
        """
        try:
            if file.stat().st_size <= PART_BYTES:
                answer: Any = self._s3.put_object(
                    Bucket=self.name, Key=key, Body=file.read_bytes(), ChecksumAlgorithm="SHA256"
                )
            else:
                self._s3.upload_file(
                    str(file),
                    self.name,
                    key,
                    ExtraArgs={"ChecksumAlgorithm": "SHA256"},
                    Callback=self._check,
                    Config=self._transfer,
                )
                answer = self._s3.head_object(Bucket=self.name, Key=key)
        except OSError as error:
            raise FileRefused((error.strerror or str(error)).lower()) from error
        except (BotoCoreError, ClientError) as error:
            raise self._refusal(error) from error
        except Boto3Error as error:  # says in words what it was raised for
            reason = error.__cause__ or error.__context__
            raise self._refusal(reason if isinstance(reason, Exception) else error) from error
        return Sent(version_of(answer), day_of(answer))

    def _refusal(self, error: Exception) -> Exception:
        if code_of(error) in _ABOUT_THE_FILE:
            return FileRefused(str(error))
        return failure(error, self.name, "writing")

    def _check(self, *_: object, **_more: object) -> None:
        if self._stopped.is_set():
            raise Stopped

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order.

        Raises
        ------
        BatchFailed
            If they cannot be listed.
        """
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            for page in pages:
                yield from (found["Key"] for found in page.get("Contents", ()))
        except (BotoCoreError, ClientError) as error:
            raise failure(error, self.name, "listing") from error

    def lying(self, prefix: str) -> Iterator[Lying]:
        """Yield the current versions of the objects whose keys begin with a prefix.

        Raises
        ------
        BatchFailed
            If they cannot be listed.
        """
        try:
            pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=prefix)
            for page in pages:
                for found in page.get("Versions", ()):
                    if found["IsLatest"] and not found["Key"].endswith("/"):
                        day = found["LastModified"].astimezone(UTC).date().isoformat()
                        yield Lying(found["Key"], version_of(found), day)
        except (BotoCoreError, ClientError) as error:
            raise failure(error, self.name, "listing the versions") from error

    def read(self, key: str) -> bytes | None:
        """Return the bytes of a small object, or None if it is gone.

        Raises
        ------
        BatchFailed
            If it cannot be read.
        Stopped
            If the bucket is closed.
        """
        try:
            return self._s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            if code_of(error) == "NoSuchKey":
                return None
            raise failure(error, self.name, "reading") from error

    def delete(self, objects: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Delete objects for good.

        Parameters
        ----------
        objects : iterable of (str, str)
            Keys and versions, at most 1,000.

        Returns
        -------
        dict of str to str
            The keys that could not be deleted, and why.
        """
        named = [
            {"Key": key} if is_etag(version) else {"Key": key, "VersionId": version}
            for key, version in objects
        ]
        try:
            answer: Any = self._s3.delete_objects(
                Bucket=self.name,
                Delete={"Objects": named, "Quiet": True},  # type: ignore[typeddict-item]
            )
        except (BotoCoreError, ClientError) as error:
            return dict.fromkeys((entry["Key"] for entry in named), str(error))
        return {
            entry["Key"]: entry.get("Message") or entry.get("Code", "") for entry in answer.get("Errors", ())
        }
