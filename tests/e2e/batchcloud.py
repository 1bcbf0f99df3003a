"""A bucket on loopback whose function answers: moto's server, and a thread that plays Lambda."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from maskservice.batch.function import BatchFunction
from maskservice.batch.judging import Judge
from maskservice.batch.s3store import S3Store
from maskservice.batch.settings import BatchSettings
from maskservice.batch.sqsqueue import SqsQueue
from maskservice.settings import bundled_model
from tests.batches import BUCKET, REGION, SECRETS, Context, notification, sqs_record

POLL_SECONDS = 0.05
BATCH = 10


@dataclass
class BatchCloud:
    """A bucket whose function answers while it is switched on.

    Attributes
    ----------
    address : str
        Of the server.
    s3, sqs : client
        boto3's.
    queue : str
        Where the function sends what it hands on.
    function : BatchFunction
        The real one.
    on : Event
        While it is set, what comes is answered.
    """

    address: str
    s3: Any
    sqs: Any
    queue: str
    function: BatchFunction
    on: threading.Event = field(default_factory=threading.Event)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to find the bucket."""
        return {**SECRETS, "AWS_ENDPOINT_URL": self.address}

    def inputs(self) -> list[tuple[str, str]]:
        """Key and version of everything that was ever put below `in/`."""
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET, Prefix="in/")
        found = [version for page in pages for version in page.get("Versions", ())]
        return [(version["Key"], version["VersionId"]) for version in found]

    def keys(self, prefix: str) -> list[str]:
        """Keys that begin with a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def handed_on(self) -> list[Any]:
        """Take what the function itself sent to its queue."""
        taken: list[Any] = self.sqs.receive_message(QueueUrl=self.queue).get("Messages", [])
        for message in taken:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def play_lambda(self, ended: threading.Event) -> None:
        """Hand new objects to the function, a few at a time, and what it has handed on."""
        handed: set[tuple[str, str]] = set()
        while not ended.wait(POLL_SECONDS):
            if not self.on.is_set():
                continue
            new = [found for found in self.inputs() if found not in handed][:BATCH]
            records = [sqs_record(version, notification(key, version)) for key, version in new]
            records += [sqs_record(message["MessageId"], message["Body"]) for message in self.handed_on()]
            if records:
                assert self.function({"Records": records}, Context()) == {"batchItemFailures": []}
            handed.update(new)


@contextmanager
def batch_cloud(judge: Judge) -> Iterator[BatchCloud]:
    """Run a bucket, and a function that is switched off at first, while a ``with`` block lasts."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    ended = threading.Event()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        given = {
            "endpoint_url": address,
            "region_name": REGION,
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        s3: Any = boto3.client("s3", **given)  # type: ignore[call-overload]
        sqs: Any = boto3.client("sqs", **given)  # type: ignore[call-overload]
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        queues = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("inputs", "dead-letters")]
        settings = BatchSettings(bundled_model("face_detector.onnx"))
        function = BatchFunction(judge, S3Store(s3), SqsQueue(sqs, *queues), settings)
        cloud = BatchCloud(address, s3, sqs, queues[0], function)
        thread = threading.Thread(target=cloud.play_lambda, args=(ended,))
        thread.start()
        try:
            yield cloud
        finally:
            ended.set()
            thread.join()
    finally:
        server.stop()
