from collections.abc import Iterator

import pytest
from moto import mock_aws

from masktrain.release.bucket import Bucket, open_bucket
from masktrain.release.registry import Registry

BUCKET = "models-of-the-house"


@pytest.fixture(scope="module")
def unmade_bucket() -> Iterator[Bucket]:
    """A bucket of moto's S3, which is not there yet; a client costs more than a test."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.delenv("AWS_PROFILE", raising=False)
        with mock_aws():
            yield open_bucket(BUCKET)


@pytest.fixture
def registry(unmade_bucket: Bucket) -> Iterator[Registry]:
    """An empty registry in moto's S3."""
    s3 = unmade_bucket.client
    s3.create_bucket(Bucket=BUCKET)
    yield Registry(unmade_bucket)
    for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
    s3.delete_bucket(Bucket=BUCKET)
