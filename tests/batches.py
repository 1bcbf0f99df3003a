"""What tests of batches share: buckets and queues of moto, events, and a judge with the real models."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import boto3
from moto import mock_aws

from maskservice.batch.facefinder import load_face_finder
from maskservice.batch.faults import Gone
from maskservice.batch.judging import Judge
from maskservice.batch.store import Input
from maskservice.classifier import load_classifier
from maskservice.modelstore import read_model
from maskservice.settings import bundled_model

EXAMPLES = Path(__file__).parents[1] / "client" / "examples"
REGION = "eu-west-1"
BUCKET = "pictures"
MOST_RECEIVES = 20
"""After which the queue gives up on a message, as infra/batch.yaml has it."""

SECRETS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
}


@dataclass(frozen=True)
class Cloud:
    """A bucket and two queues.

    Attributes
    ----------
    s3, sqs
        boto3's clients.
    queue, dead_letters : str
        Addresses of the queues.
    """

    s3: Any
    sqs: Any
    queue: str
    dead_letters: str

    def keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def documents(self, prefix: str) -> dict[str, Any]:
        """The JSON under a prefix, by key."""
        return {key: json.loads(self.content(key)) for key in self.keys(prefix)}

    def lines(self) -> list[Any]:
        """All lines of the summary."""
        return [json.loads(line) for key in self.keys("summary/") for line in self.content(key).splitlines()]

    def content(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def put(self, key: str, data: bytes) -> Any:
        """Put an object, and return S3's answer."""
        return self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)

    def messages(self, queue: str) -> list[Any]:
        """Take all messages out of a queue."""
        taken: list[Any] = []
        while found := self.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            taken += found
            for message in found:
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def failures(self) -> list[Any]:
        """The bodies of all dead letters."""
        return [json.loads(message["Body"]) for message in self.messages(self.dead_letters)]


@contextmanager
def cloud(*, versioned: bool = True) -> Iterator[Cloud]:
    """A bucket of moto, with its queues; needs `SECRETS` in the environment."""
    with mock_aws():
        s3, sqs = boto3.client("s3"), boto3.client("sqs")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})  # type: ignore[typeddict-item]
        if versioned:
            s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        dead = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": str(MOST_RECEIVES)})
        queue = sqs.create_queue(QueueName="inputs", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
        yield Cloud(s3, sqs, queue, dead)


class MemoryStore:
    """A store and a queue of which nothing is left afterwards."""

    def __init__(self) -> None:
        self._inputs: dict[tuple[str, str], bytes] = {}
        self.written: dict[str, bytes] = {}
        self.sent: list[dict[str, Any]] = []
        self.dead: list[dict[str, Any]] = []

    def add(self, key: str, data: bytes) -> str:
        """Add an input, and return its version."""
        version = f"v{len(self._inputs)}"
        self._inputs[key, version] = data
        return version

    def open(self, _bucket: str, key: str, version: str | None) -> Input:
        data = self._inputs.get((key, version or ""))
        if data is None:
            raise Gone("gone")
        return Input(version or "", "2026-11-26", len(data), io.BytesIO(data))

    def put_once(self, _bucket: str, key: str, data: bytes) -> bool:
        if key in self.written:
            return False
        self.written[key] = data
        return True

    def read(self, _bucket: str, key: str) -> bytes | None:
        return self.written.get(key)

    def exists(self, _bucket: str, key: str) -> bool:
        return key in self.written

    def delete(self, _bucket: str, key: str) -> None:
        self.written.pop(key, None)

    def send(self, body: dict[str, Any], _delay_s: int = 0) -> None:
        self.sent.append(body)

    def dead_letter(self, body: dict[str, Any], reason: str, key: str) -> None:
        self.dead.append({"reason": reason, "key": key, **body})


def real_judge() -> Judge:
    detector = load_face_finder(read_model(bundled_model("face_detector.onnx")))
    return Judge(load_classifier(read_model(bundled_model())), detector)


def notification(key: str, version: str | None = None, etag: str | None = None, event: str = "Put") -> str:
    """The body of the message that S3 sends when an object is put."""
    told = {"key": quote_plus(key, safe="/"), "size": 1, "eTag": etag, "versionId": version}
    content = {name: value for name, value in told.items() if value is not None}
    name = event if ":" in event else f"ObjectCreated:{event}"
    record = {
        "eventSource": "aws:s3",
        "eventName": name,
        "eventTime": datetime.now(UTC).isoformat(),
        "s3": {"bucket": {"name": BUCKET}, "object": content},
    }
    return json.dumps({"Records": [record]})


def sqs_record(
    name: str, body: str, receives: int = 1, sent: datetime | None = None, **attributes: str
) -> dict[str, Any]:
    """A message as Lambda hands it on."""
    moment = (sent or datetime.now(UTC)).timestamp()
    return {
        "messageId": name,
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": str(int(moment * 1000))},
        "messageAttributes": {
            name: {"dataType": "String", "stringValue": value} for name, value in attributes.items()
        },
        "eventSource": "aws:sqs",
    }


class Context:
    """Lambda's context, whose time passes by a step at every look.

    Parameters
    ----------
    step_ms : int
        How much.
    total_ms : int
        What there is at first.
    """

    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def __init__(self, step_ms: int = 0, total_ms: int = 300_000) -> None:
        self._step_ms = step_ms
        self._left_ms = total_ms

    def get_remaining_time_in_millis(self) -> int:
        left = self._left_ms
        self._left_ms -= self._step_ms
        return left
