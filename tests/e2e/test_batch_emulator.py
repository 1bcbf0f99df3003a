"""The built artefact under Lambda's own runtime, against servers that speak S3 and SQS."""

import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from maskinfra import layout
from maskinfra.batchevents import BUCKET, inputs
from maskinfra.emulator import Emulator
from maskinfra.stacks import BATCH
from tests.e2e.templates import read

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

HANDLER = "maskservice.batch.handler.handler"
REGION = "eu-central-1"
# As Lambda sets them.
ACCOUNT = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing") | dict.fromkeys(
    ("AWS_REGION", "AWS_DEFAULT_REGION"), REGION
)
GROUP = "photos/group.jpg"
CROP = "crops/a man, masked/hopper-mask.jpg"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the Runtime Interface Emulator is a Linux program"
)


@dataclass(frozen=True)
class Cloud:
    """S3 and SQS on loopback, and the function that works there."""

    s3: "S3Client"
    sqs: "SQSClient"
    function: Emulator
    dead_letters: str

    def keys(self, prefix: str, bucket: str = BUCKET) -> list[str]:
        answer = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [told["Key"] for told in answer.get("Contents", ())]

    def read(self, key: str, bucket: str = BUCKET) -> list[dict[str, Any]]:
        content = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return [json.loads(line) for line in content.splitlines()]

    def dead(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(QueueUrl=self.dead_letters, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", ())]


@pytest.fixture(scope="module")
def cloud(batch_artifact: Path) -> Iterator[Cloud]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    try:
        address = f"http://127.0.0.1:{port}"
        session = boto3.Session("testing", "testing", region_name=REGION)
        s3 = session.client("s3", endpoint_url=address)
        sqs = session.client("sqs", endpoint_url=address)
        queue, dead = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("work", "dead"))
        environment = {
            "BATCH_QUEUE_URL": queue,
            "BATCH_DEAD_LETTER_URL": dead,
            "MASKCHECK_SERVICE": "batch",
            "AWS_ENDPOINT_URL": address,
            **ACCOUNT,
        }
        with Emulator(batch_artifact, HANDLER, environment) as function:
            yield Cloud(s3, sqs, function, dead)
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def bucket(cloud: Cloud) -> Iterator[None]:
    place: Any = {"LocationConstraint": REGION}
    cloud.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    for key, content in inputs().items():
        cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    yield
    for told in cloud.s3.list_object_versions(Bucket=BUCKET).get("Versions", ()):
        cloud.s3.delete_object(Bucket=BUCKET, Key=told["Key"], VersionId=told["VersionId"])
    cloud.s3.delete_bucket(Bucket=BUCKET)


def event(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((layout.BATCH_EVENTS / f"{name}.json").read_text())
    return told


def test_a_photo_and_a_crop_get_one_result_each_however_often_they_come(cloud: Cloud) -> None:
    for _ in range(2):
        assert cloud.function.invoke(event("s3-picture")) == {"batchItemFailures": []}
        crop, photo = sorted(cloud.keys("out/"), key=lambda key: "/crops/" not in key)
        assert CROP in crop
        assert GROUP in photo
        assert len(cloud.keys("summary/")) == 1
    (judged,) = cloud.read(photo)
    assert judged["kind"] == "picture"
    assert judged["path"] == GROUP
    assert len(judged["faces"]) == 6  # client/examples/faces.json
    assert judged["detector"]["sha256"]
    (masked,) = cloud.read(crop)
    (face,) = masked["faces"]
    assert (face["result"]["verdict"], face["score"]) == ("compliant", None)
    (summary,) = cloud.keys("summary/")
    lines = cloud.read(summary)
    assert len({line["id"] for line in lines}) == len(lines) == 7
    assert cloud.dead() == []


def test_the_table_has_a_column_for_every_field_of_a_line(cloud: Cloud) -> None:
    cloud.function.invoke(event("s3-picture"))
    (summary,) = cloud.keys("summary/")
    table = read(BATCH.template)["Resources"]["Faces"]["Properties"]["TableInput"]
    columns = {told["Name"] for told in table["StorageDescriptor"]["Columns"] + table["PartitionKeys"]}
    for line in cloud.read(summary):
        assert line.keys() == columns


def test_an_archive_gets_a_result_per_member_and_an_account(cloud: Cloud) -> None:
    assert cloud.function.invoke(event("s3-archive")) == {"batchItemFailures": []}
    told = [line for key in cloud.keys("out/") for line in cloud.read(key)]
    (account,) = (one for one in told if one["kind"] == "archive")
    assert (account["members"], account["judged"], account["failed"]) == (6, 6, 0)
    members = {one["source"]["member"] for one in told if one["kind"] == "picture"}
    assert members == {file.name for file in (layout.PICTURES / "crops").glob("*.jpg")}


def test_the_state_machine_is_told_how_many_are_done(cloud: Cloud) -> None:
    answer = cloud.function.invoke(event("states-items"))
    assert (answer["done"], answer["failed"]) == (2, 0)
    assert len(cloud.keys("out/")) == 2


def test_of_a_bucket_with_versions_the_one_that_the_event_names_is_judged(cloud: Cloud) -> None:
    cloud.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    key, content = next(iter(inputs().items()))
    version = cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=content)["VersionId"]
    cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=b"what replaced it")
    told = event("s3-picture")
    message = told["Records"][0]
    body = json.loads(message["body"])
    body["Records"][0]["s3"]["object"]["versionId"] = version
    message["body"] = json.dumps(body)
    assert cloud.function.invoke({"Records": [message]}) == {"batchItemFailures": []}
    (result,) = cloud.keys("out/")
    assert result.endswith(f"/{GROUP}/{version}.json")


def test_what_is_no_picture_fails_with_its_reason_and_holds_up_nothing(cloud: Cloud) -> None:
    key, _ = next(iter(inputs().items()))
    tag = cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=b"no picture")["ETag"].strip('"')
    text = json.dumps(event("s3-picture"))
    old = event("states-items")["Items"][0]["version"]
    assert cloud.function.invoke(json.loads(text.replace(old, tag))) == {"batchItemFailures": []}
    (failure,) = cloud.keys("failed/")
    (told,) = cloud.read(failure)
    assert (told["kind"], told["error"]["type"]) == ("failure", "undecodable-image")
    assert [one["source"]["key"] for one in cloud.dead()] == [key]
    assert len(cloud.keys("out/")) == 1  # the crop beside it
