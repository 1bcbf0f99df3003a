from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from maskclient.batch.bucket import Bucket
from maskclient.batch.journal import Journal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "pictures"
VERSIONS, NO_VERSIONS = "versions", "no versions"


@pytest.fixture(scope="module")
def aws() -> Iterator["S3Client"]:
    """One pretended AWS for all tests of a module: a client takes a second to make."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
            environment.delenv(name, raising=False)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "x")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with mock_aws():
            yield boto3.client("s3")


@pytest.fixture(scope="module")
def opened(aws: "S3Client") -> Bucket:
    aws.create_bucket(Bucket=BUCKET)
    made = Bucket(BUCKET, threads=4)
    aws.delete_bucket(Bucket=BUCKET)
    return made


@pytest.fixture
def s3(aws: "S3Client") -> Iterator["S3Client"]:
    """An S3 without a bucket."""
    yield aws
    for bucket in aws.list_buckets()["Buckets"]:
        left = aws.list_object_versions(Bucket=bucket["Name"])
        for found in (*left.get("Versions", []), *left.get("DeleteMarkers", [])):
            aws.delete_object(Bucket=bucket["Name"], Key=found["Key"], VersionId=found["VersionId"])
        aws.delete_bucket(Bucket=bucket["Name"])


@pytest.fixture(params=[VERSIONS, NO_VERSIONS])
def bucket(request: pytest.FixtureRequest, s3: "S3Client", opened: Bucket) -> Bucket:
    s3.create_bucket(Bucket=BUCKET)
    if request.param == VERSIONS:
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    opened.reopen()
    return opened


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "the.journal") as made:
        yield made
