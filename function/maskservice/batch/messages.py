"""What the messages of a queue, or of a state machine, ask for."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from maskservice.batch.keys import ARCHIVE_SUFFIXES, INPUTS, is_crop
from maskservice.errors import MaskServiceError

ARCHIVE = "archive"
PICTURE = "picture"
"""Values of ``maskcheck`` in a message of this function's own: an archive to go on with, or a picture."""

_UNVERSIONED = (None, "", "null")


class BadMessage(MaskServiceError):
    """A message is none that this function understands."""

    problem_type = "bad-message"


class SentBack(BadMessage):
    """A message is a failure that came back from the dead-letter queue.

    Parameters
    ----------
    failure : dict
        The failure.
    """

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__("This is a failure that was sent back; put the picture again (BATCH.md).")
        self.failure = failure
        self.reason = str(failure["error"]["type"])


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
    handed_on : bool
        Whether it comes in a message of this function's own.
    """

    bucket: str
    key: str
    version: str | None
    receives: int
    day: str | None
    crop: bool
    again: bool
    progress: Progress = Progress()
    handed_on: bool = False

    @property
    def is_archive(self) -> bool:
        """Whether this is an object of many pictures."""
        return self.key.lower().endswith(ARCHIVE_SUFFIXES)


def deliveries(body: str, receives: int, day: str) -> list[Delivery]:
    """Read a message of the queue.

    Parameters
    ----------
    body : str
        An event notification of S3, S3's test event, or a message of `continuation`.
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
    SentBack
        If it is a failure.
    BadMessage
        If it is something else.
    """
    try:
        message = json.loads(body)
        if message.get("kind") == "failure":
            raise SentBack(message)
        if message.get("maskcheck") in (ARCHIVE, PICTURE):
            return [_continued(message, receives, day)]
        if message.get("Event") == "s3:TestEvent":
            return []
        created = [record for record in message["Records"] if _is_creation(record)]
        return [_of_event(record["s3"], receives, day) for record in created]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadMessage(
            "The message is neither an event notification of S3 nor a continuation of an archive."
        ) from error


def items(event: dict[str, Any], day: str, most_receives: int) -> list[Delivery]:
    """Read a batch of a distributed map.

    Parameters
    ----------
    event : dict
        ``Items``, each with ``bucket``, ``key`` and perhaps ``version``; ``attempt`` where the
        state machine tells how often it has tried before.
    day : str
        Of today.
    most_receives : int
        At which a message of the queue is given up. An item never is: attempts are also counted
        when the function was not even started, so the state machine gives up.

    Raises
    ------
    BadMessage
        If an item is something else, or no input.
    """
    receives = max(1, min(int(event.get("attempt", 0)) + 1, most_receives - 1))
    try:
        inputs = [
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
    if not all(delivery.key.startswith(INPUTS) for delivery in inputs):
        raise BadMessage(f"A key of a manifest begins with {INPUTS}.")
    return inputs


def continuation(delivery: Delivery, version: str, progress: Progress, before: int = 0) -> dict[str, Any]:
    """Return the message that makes another invocation go on with an input.

    Parameters
    ----------
    delivery : Delivery
        The input.
    version : str
        Which is meant.
    progress : Progress
        How far an archive has come.
    before : int
        How often the input came in the messages before this one, where nothing of it was settled.
    """
    return {
        "maskcheck": ARCHIVE if delivery.is_archive else PICTURE,
        "bucket": delivery.bucket,
        "key": delivery.key,
        "version": version,
        **vars(progress),
        "receives": before,
        "day": delivery.day,
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
    receives += int(message.get("receives", 0))
    return Delivery(
        bucket=str(message["bucket"]),
        key=str(message["key"]),
        version=str(message["version"]),
        receives=receives,
        day=str(message.get("day") or day),
        crop=is_crop(message["key"]),
        again=receives > 1,
        progress=progress,
        handed_on=True,
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
