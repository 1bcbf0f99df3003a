"""What the messages of a queue, or of a state machine, ask for."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from maskservice.batch.keys import INPUTS, is_crop
from maskservice.errors import MaskServiceError

CONTINUATION = "archive"
"""Value of ``maskcheck`` in a message that continues an archive."""

_UNVERSIONED = (None, "", "null")


class BadMessage(MaskServiceError):
    """A message is none that this function understands."""

    problem_type = "bad-message"


@dataclass(frozen=True)
class Progress:
    """How far an archive has come.

    Attributes
    ----------
    first : int
        Number of the member to go on with, from 0.
    judged, failed, skipped : int
        What became of those before.
    """

    first: int = 0
    judged: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class Delivery:
    """An input that has come, perhaps not for the first time.

    Attributes
    ----------
    bucket, key : str
        The object.
    version : str or None
        Its version, or its ETag where the bucket has no versions; None for the newest.
    receives : int
        How often it has come, this time included, as far as is known.
    day : str or None
        Day (UTC) of the message, ``YYYY-MM-DD``: stands in for the object's where that
        is gone. None in folders.
    crop : bool
        Whether its pictures are face crops rather than photos.
    again : bool
        Whether there may be a result already.
    progress : Progress
        Of an archive.
    """

    bucket: str
    key: str
    version: str | None
    receives: int
    day: str | None
    crop: bool
    again: bool
    progress: Progress = Progress()


def deliveries(body: str, receives: int, day: str) -> list[Delivery]:
    """Read a message of the queue.

    Parameters
    ----------
    body : str
        An event notification of S3, S3's test event, or a continuation.
    receives : int
        How often the message has come.
    day : str
        On which it was sent.

    Returns
    -------
    list of Delivery
        Those of objects below ``in/``; none for events of no concern.

    Raises
    ------
    BadMessage
        If it is something else.
    """
    try:
        message = json.loads(body)
        if message.get("maskcheck") == CONTINUATION:
            return [_continued(message, receives, day)]
        if message.get("Event") == "s3:TestEvent":
            return []
        created = [record for record in message["Records"] if _is_creation(record)]
        return [_of_event(record["s3"], receives, day) for record in created]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadMessage(
            "The message is neither an event notification of S3 nor a continuation of an archive."
        ) from error


def items(event: dict[str, Any], day: str) -> list[Delivery]:
    """Read a batch of a distributed map.

    Parameters
    ----------
    event : dict
        ``Items``, each with ``bucket``, ``key`` and perhaps ``version``; ``attempt`` where the
        state machine tells how often it has tried before.
    day : str
        Of today.

    Raises
    ------
    BadMessage
        If an item is something else.
    """
    receives = int(event.get("attempt", 0)) + 1
    try:
        return [
            Delivery(
                bucket=str(item["bucket"]),
                key=str(item["key"]),
                version=_version(item.get("version")),
                receives=receives,
                day=day,
                crop=is_crop(item["key"]),
                again=True,
            )
            for item in event["Items"]
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise BadMessage("An item of a map needs a bucket and a key.") from error


def continuation(delivery: Delivery, version: str, progress: Progress) -> dict[str, Any]:
    """Return the message that makes another invocation go on with an archive.

    Parameters
    ----------
    delivery : Delivery
        The archive.
    version : str
        Which was read.
    progress : Progress
        How far it has come.
    """
    return {
        "maskcheck": CONTINUATION,
        "bucket": delivery.bucket,
        "key": delivery.key,
        "version": version,
        **vars(progress),
    }


def is_input(delivery: Delivery) -> bool:
    """Tell whether an object is one to be judged, and not a folder as the console makes them.

    Parameters
    ----------
    delivery : Delivery
        Of the object.
    """
    return delivery.key.startswith(INPUTS) and not delivery.key.endswith("/")


def _continued(message: dict[str, Any], receives: int, day: str) -> Delivery:
    progress = Progress(*(int(message[name]) for name in ("first", "judged", "failed", "skipped")))
    return Delivery(
        bucket=str(message["bucket"]),
        key=str(message["key"]),
        version=str(message["version"]),
        receives=receives,
        day=day,
        crop=is_crop(message["key"]),
        again=receives > 1,
        progress=progress,
    )


def _is_creation(record: dict[str, Any]) -> bool:
    return str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated:")


def _of_event(told: dict[str, Any], receives: int, day: str) -> Delivery:
    content = told["object"]
    key = unquote_plus(content["key"])
    return Delivery(
        bucket=str(told["bucket"]["name"]),
        key=key,
        version=_version(content.get("versionId")) or _version(content.get("eTag")),
        receives=receives,
        day=day,
        crop=is_crop(key),
        again=receives > 1,
    )


def _version(told: str | None) -> str | None:
    return None if told in _UNVERSIONED else str(told).strip('"')
