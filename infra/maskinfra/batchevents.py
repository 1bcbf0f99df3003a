"""Makes the events of infra/events/batch: what SQS and Step Functions send the function for a bucket."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from maskinfra import layout

Event = dict[str, Any]

BUCKET = "maskcheck-batch-example"
PHOTO = layout.PICTURES / "group.jpg"
CROP = layout.PICTURES / "crops" / "hopper-mask.jpg"
ARCHIVE = "crops.zip"

_REGION = "eu-central-1"
_ACCOUNT = "111122223333"
_TIME = "2026-01-01T00:00:00.000Z"


def inputs() -> dict[str, bytes]:
    """Return what has to lie in the bucket for the events to be answered, by key.

    No event names a version but the ETag, which is the content's own: they fit every bucket
    without versions, if these files are in it.
    """
    return {
        f"in/photos/{PHOTO.name}": PHOTO.read_bytes(),
        f"in/crops/a man, masked/{CROP.name}": CROP.read_bytes(),
        f"in/crops/{ARCHIVE}": archive(),
    }


def archive() -> bytes:
    """Return a zip of the example crops; the same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as members:
        for crop in sorted((layout.PICTURES / "crops").glob("*.jpg")):
            members.writestr(zipfile.ZipInfo(crop.name), crop.read_bytes())
    return packed.getvalue()


def make_batch_events() -> dict[str, Event]:
    """Make every event, by name; the same bytes each time."""
    photo, crop, packed = inputs().items()
    return {
        "s3-picture": _from_queue([photo, crop]),
        "s3-archive": _from_queue([packed]),
        "states-items": {"Items": [_item(*photo), _item(*crop)]},
    }


def write_inputs(folder: Path) -> list[Path]:
    """Write what `inputs` returns under a folder, for `aws s3 cp --recursive`; return the files."""
    files = []
    for key, content in inputs().items():
        file = folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        files.append(file)
    return files


def _etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _item(key: str, content: bytes) -> Event:
    return {"bucket": BUCKET, "key": key, "version": _etag(content)}


def _from_queue(objects: list[tuple[str, bytes]]) -> Event:
    """Make what Lambda's pollers pass on: a message of the queue for each object."""
    return {"Records": [_message(number, *told) for number, told in enumerate(objects)]}


def _message(number: int, key: str, content: bytes) -> Event:
    body = json.dumps({"Records": [_notification(key, content)]})
    return {
        "messageId": f"5f0c7a3e-6d5b-4a52-9a0f-{number:012}",
        "receiptHandle": f"receipt-{number}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1767225600000",
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": "1767225601000",
        },
        "messageAttributes": {},
        "md5OfBody": _etag(body.encode()),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:maskcheck-batch-Queue",
        "awsRegion": _REGION,
    }


def _notification(key: str, content: bytes) -> Event:
    """Make what S3 tells of a new object (Amazon S3 User Guide, "Event message structure")."""
    stored = {"key": quote_plus(key, safe="/"), "size": len(content), "eTag": _etag(content)}
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": _REGION,
        "eventTime": _TIME,
        "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": BUCKET, "arn": f"arn:aws:s3:::{BUCKET}"},
            "object": {**stored, "sequencer": "0055AED6DCD90281E5"},
        },
    }
