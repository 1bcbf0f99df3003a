"""What the batch function does for a picture: how long, without a network, and how often it asks AWS."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import thread_time
from typing import Any

import boto3
from moto import mock_aws

from maskservice.batch.function import BatchFunction
from maskservice.batch.s3store import S3Store
from maskservice.batch.settings import BatchSettings
from maskservice.batch.sqsqueue import SqsQueue
from tests.benchmarks.batchinputs import CROPS, KINDS, Kind, packed_crops
from tests.benchmarks.batchworkers import load_judge

BUCKET, REGION = "bench", "us-east-1"
MEMBERS = 200
READS = {"GetObject", "HeadObject"}
WRITES = {"PutObject"}


@dataclass(frozen=True)
class Handled:
    """What one picture takes.

    Attributes
    ----------
    kind : str
        Of the picture.
    kilobytes : float
        Of its file, in 1000 bytes.
    compute_ms : float
        Work of the function without waiting for AWS.
    reads, writes : float
        Requests to S3 that are priced as GET and as PUT, by the function for one picture, without those that
        are made once for a whole invocation.
    """

    kind: str
    kilobytes: float
    compute_ms: float
    reads: float
    writes: float


class Context:
    """As much of Lambda's context as is read."""

    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


class Calls:
    """Counts calls to AWS and the time spent in them, by listening to a client."""

    def __init__(self, *clients: Any) -> None:
        self.counts: Counter[str] = Counter()
        self.waited_s = 0.0
        self._begun = 0.0
        for client in clients:
            client.meta.events.register_first("before-parameter-build", self._begin)
            client.meta.events.register_last("after-call", self._end)
            client.meta.events.register_last("after-call-error", self._end)

    def _begin(self, model: Any, **_: object) -> None:
        self.counts[model.name] += 1
        self._begun = thread_time()

    def _end(self, **_: object) -> None:
        self.waited_s += thread_time() - self._begun


@contextmanager
def function() -> Iterator[tuple[BatchFunction, Any, Calls]]:
    """Give the function over S3 and SQS in memory, a client to put pictures, and what counts its calls."""
    with mock_aws():
        s3, own = boto3.client("s3", region_name=REGION), boto3.client("s3", region_name=REGION)
        sqs = boto3.client("sqs", region_name=REGION)
        own.create_bucket(Bucket=BUCKET)
        own.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        queue = sqs.create_queue(QueueName="queue")["QueueUrl"]
        calls = Calls(s3, sqs)
        store, answers = S3Store(s3), SqsQueue(sqs, queue, queue)
        yield BatchFunction(load_judge(), store, answers, BatchSettings.from_environment({})), own, calls


def message(client: Any, number: int, key: str, content: bytes) -> dict[str, Any]:
    """Put an object, and return the message that the queue would bring of it."""
    version = client.put_object(Bucket=BUCKET, Key=key, Body=content)["VersionId"]
    told = {"bucket": {"name": BUCKET}, "object": {"key": key, "versionId": version, "size": len(content)}}
    body = {"Records": [{"eventName": "ObjectCreated:Put", "s3": told}]}
    return {
        "messageId": str(number),
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1767225600000"},
    }


def handled(kind: Kind, rounds: int, count: int) -> Handled:
    """Measure pictures that come one by one."""
    pictures = kind.pictures()
    size = sum(map(len, pictures)) / len(pictures)
    return _measured(kind.name, "jpg", pictures[0], size / 1000, rounds, count, members=1, crop=kind.crop)


def handled_in_archive(rounds: int, members: int = MEMBERS) -> Handled:
    """Measure crops that come in an archive; the archive's own requests are spread over them."""
    content = packed_crops(members)
    size = len(content) / members / 1000
    return _measured("crop in an archive", "zip", content, size, rounds, 1, members=members, crop=True)


def _measured(
    name: str,
    suffix: str,
    content: bytes,
    kilobytes: float,
    rounds: int,
    count: int,
    *,
    members: int,
    crop: bool,
) -> Handled:
    """Invoke the function, and take the median of the rounds."""
    folder = "in/crops" if crop else "in/photos"
    spent_ms, asked = [], Counter[str]()
    with function() as (handler, client, calls):
        for round_number in range(rounds + 1):  # the first is not counted: it warms up
            records = [
                message(client, number, f"{folder}/{round_number}-{number}.{suffix}", content)
                for number in range(count)
            ]
            calls.counts.clear()
            calls.waited_s = 0.0
            begun = thread_time()
            answer = handler({"Records": records}, Context())
            spent = thread_time() - begun - calls.waited_s
            if answer != {"batchItemFailures": []}:
                raise RuntimeError(f"Pictures failed: {answer}")
            if round_number:
                spent_ms.append(spent * 1000 / count / members)
                asked.update(calls.counts)
    pictures = rounds * count * members
    asked["PutObject"] -= rounds  # the summary is written once for all of an invocation
    reads, writes = (sum(asked[call] for call in kinds) / pictures for kinds in (READS, WRITES))
    return Handled(name, kilobytes, median(spent_ms), reads, writes)


def measure(rounds: int = 5) -> list[Handled]:
    """Measure each kind."""
    counts = {kind: 20 if kind.crop else 4 for kind in KINDS}
    alone = [handled(kind, rounds, count) for kind, count in counts.items()]
    return [alone[KINDS.index(CROPS)], handled_in_archive(rounds), *alone[1:]]
