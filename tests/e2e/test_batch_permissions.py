"""The function's role allows what the function asks of AWS, call by call."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest
from moto import mock_aws

from maskinfra.batchevents import inputs
from maskinfra.stacks import BATCH
from maskservice.batch.function import BatchFunction
from maskservice.batch.s3store import S3Store
from maskservice.batch.settings import BatchSettings
from maskservice.batch.sqsqueue import SqsQueue
from tests.benchmarks.batchhandling import Context
from tests.benchmarks.batchworkers import load_judge
from tests.e2e.templates import actions, deployed, places, statements

BUCKET = "pictures"
# Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3", and for Amazon SQS.
ACTIONS = {
    "HeadObject": "s3:GetObject",
    "GetObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "SendMessage": "sqs:SendMessage",
}


@dataclass
class Cloud:
    """S3 and SQS in memory, the function, and what it asked of them."""

    s3: Any
    function: BatchFunction
    asked: set[tuple[str, str]] = field(default_factory=set)

    def note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        if model.name == "SendMessage":
            self.asked.add((ACTIONS[model.name], params["QueueUrl"].rpartition("/")[2]))
            return
        action = ACTIONS[model.name] + ("Version" if "VersionId" in params else "")
        self.asked.add((action, f"${{Bucket.Arn}}/{params['Key']}"))

    def deliver(self, key: str, version: str, receives: int) -> None:
        told = {"bucket": {"name": BUCKET}, "object": {"key": key, "versionId": version}}
        body = {"Records": [{"eventName": "ObjectCreated:Put", "s3": told}]}
        attributes = {"ApproximateReceiveCount": str(receives), "SentTimestamp": "1767225600000"}
        record = {"messageId": "1", "body": json.dumps(body), "attributes": attributes}
        assert self.function({"Records": [record]}, Context()) == {"batchItemFailures": []}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        own, s3 = (boto3.client("s3", region_name="us-east-1") for _ in range(2))
        sqs = boto3.client("sqs", region_name="us-east-1")
        own.create_bucket(Bucket=BUCKET)
        own.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        queue, dead = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("Queue", "DeadLetters"))
        settings = BatchSettings.from_environment({})
        function = BatchFunction(load_judge(), S3Store(s3), SqsQueue(sqs, queue, dead), settings)
        made = Cloud(own, function)
        for events in (s3.meta.events, sqs.meta.events):
            events.register("before-parameter-build", made.note)
        yield made


def allowed(action: str, place: str) -> bool:
    for statement in statements(deployed(BATCH)):
        for told in places(statement):
            queue = told == str({"Fn::GetAtt": [place, "Arn"]})
            if action in actions(statement) and (queue or fnmatchcase(place, told)):
                return True
    return False


def test_the_role_allows_what_the_function_asks(cloud: Cloud) -> None:
    contents = {**inputs(), "in/photos/broken.jpg": b"no picture"}
    for key, content in contents.items():
        version = cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=content)["VersionId"]
        for receives in (1, 2):
            cloud.deliver(key, version, receives)
    # Came again before anything was written; and is gone.
    version = cloud.s3.put_object(Bucket=BUCKET, Key="in/photos/late.jpg", Body=b"no picture")["VersionId"]
    cloud.deliver("in/photos/late.jpg", version, 2)
    cloud.s3.delete_object(Bucket=BUCKET, Key="in/photos/late.jpg", VersionId=version)
    cloud.deliver("in/photos/late.jpg", version, 3)

    roots = {place.split("/")[1] for action, place in cloud.asked if "/" in place}
    assert roots == {"in", "out", "failed", "summary", "trying"}
    assert {action for action, _ in cloud.asked} == {*ACTIONS.values(), "s3:GetObjectVersion"}
    assert [asked for asked in sorted(cloud.asked) if not allowed(*asked)] == []


@pytest.mark.parametrize(
    ("action", "place"),
    [
        ("s3:PutObject", "${Bucket.Arn}/in/photos/a.jpg"),
        ("s3:DeleteObject", "${Bucket.Arn}/out/2026-11-26/a.json"),
        ("s3:DeleteObject", "${Bucket.Arn}/in/photos/a.jpg"),
        ("s3:GetObject", "${Bucket.Arn}/manifests/list.jsonl"),
        ("sqs:ReceiveMessage", "DeadLetters"),
    ],
)
def test_and_no_more(action: str, place: str) -> None:
    assert not allowed(action, place)
