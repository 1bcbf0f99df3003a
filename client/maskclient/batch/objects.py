"""What S3 says of the objects that a batch is about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that lies in the bucket.

    Attributes
    ----------
    version : str
        As `Lying.version`.
    day : str
        When it was written, UTC, such as ``2026-11-26``.
    """

    version: str
    day: str


@dataclass(frozen=True, slots=True)
class Lying:
    """An object that lies in the bucket.

    Attributes
    ----------
    key : str
        Its key.
    version : str
        Its VersionId, or its ETag without quotes where the bucket keeps no versions.
    day : str
        When it was written, UTC, such as ``2026-11-26``.
    """

    key: str
    version: str
    day: str


def version_of(answer: Mapping[str, Any]) -> str:
    """Return the version of the object that an answer of S3 is about, as the function names it."""
    version = answer.get("VersionId")
    return str(version) if version and version != "null" else str(answer["ETag"]).strip('"')


def is_etag(version: str) -> bool:
    """Say whether a version is an ETag, because the bucket keeps no versions."""
    return re.fullmatch(r"[0-9a-f]{32}(-\d+)?", version) is not None


def day_of(answer: Mapping[str, Any]) -> str:
    """Return the day on which S3 answered, UTC; that of this computer's clock if S3 does not say."""
    try:
        written = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (LookupError, TypeError, ValueError):
        written = datetime.now(UTC)
    return written.astimezone(UTC).date().isoformat()
