import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, SSOTokenLoadError

from maskclient.batch.bucket import Bucket, FileRefused, Stopped
from maskclient.batch.bucketerrors import BucketTroubled, failure
from maskclient.errors import BatchFailed, ConfigurationInvalid
from tests.unit.maskclient.batch.conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.mark.parametrize("size", [0, 5, 9 * 2**20])
def test_a_file_arrives_as_it_is_and_its_version_is_known(
    bucket: Bucket, s3: "S3Client", tmp_path: Path, size: int
) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    (tmp_path / "a").write_bytes(data)
    key = "in/photos/j/ä %+=&?#日.jpg"
    sent = bucket.put(tmp_path / "a", key)
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == data
    (lying,) = bucket.lying("in/photos/j/")
    assert (lying.key, lying.version, lying.day) == (key, sent.version, sent.day)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", sent.day)


def test_each_file_travels_with_its_checksum(bucket: Bucket, s3: "S3Client", tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    bucket.put(tmp_path / "a", "in/a")
    told = s3.head_object(Bucket=BUCKET, Key="in/a", ChecksumMode="ENABLED")
    assert told["ChecksumSHA256"] == "WZRHGrsBESr8wYFZ9sx0tPURuZgG2lmzyvWpwXPKz8U="


def test_only_the_newest_versions_lie_there(bucket: Bucket, s3: "S3Client", tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    old = bucket.put(tmp_path / "a", "in/a")
    (tmp_path / "a").write_bytes(b"2")
    new = bucket.put(tmp_path / "a", "in/a")
    s3.put_object(Bucket=BUCKET, Key="in/folder/")
    assert old.version != new.version
    assert [(lying.key, lying.version) for lying in bucket.lying("in/")] == [("in/a", new.version)]


def test_more_keys_than_a_page_are_listed(
    bucket: Bucket, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    keys = [f"out/{number}" for number in range(5)]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key)
    assert list(bucket.keys("out/")) == keys
    assert [lying.key for lying in bucket.lying("out/")] == keys


def test_an_answer_that_is_gone_is_none(bucket: Bucket) -> None:
    assert bucket.read("out/missing") is None


def test_inputs_are_deleted_for_good(bucket: Bucket, s3: "S3Client", tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    sent = bucket.put(tmp_path / "a", "in/a")
    assert bucket.delete([("in/a", sent.version)]) == {}
    left = s3.list_object_versions(Bucket=BUCKET)
    assert "Versions" not in left
    assert "DeleteMarkers" not in left


def test_a_file_that_cannot_be_read_is_refused_alone(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no such file or directory"):
        bucket.put(tmp_path / "missing", "in/a")


def test_a_closed_bucket_begins_nothing(bucket: Bucket, s3: "S3Client", tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"1")
    (tmp_path / "large").write_bytes(bytes(9 * 2**20))
    s3.put_object(Bucket=BUCKET, Key="out/a", Body=b"answer")
    bucket.close()
    for name in ("small", "large"):
        with pytest.raises(Stopped):
            bucket.put(tmp_path / name, "in/a")
    with pytest.raises(Stopped):
        bucket.read("out/a")
    bucket.reopen()
    assert bucket.read("out/a") == b"answer"
    assert list(bucket.keys("in/")) == []


def test_a_large_file_is_not_sent_to_its_end_when_the_bucket_is_closed(
    bucket: Bucket, s3: "S3Client", tmp_path: Path
) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(80 * 2**20)
    parts: list[None] = []

    def count(**_: object) -> None:
        parts.append(None)
        bucket.close()  # as Ctrl-C does, in another thread

    bucket._s3.meta.events.register("before-call.s3.UploadPart", count)
    try:
        with pytest.raises(Stopped):
            bucket.put(tmp_path / "large", "in/a")
    finally:
        bucket._s3.meta.events.unregister("before-call.s3.UploadPart", count)
    assert len(parts) <= 3
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)  # nothing is left that costs
    assert list(bucket.keys("in/")) == []


def test_a_bucket_that_is_not_there_is_told(s3: "S3Client") -> None:
    del s3
    with pytest.raises(BatchFailed, match=r"There is no bucket nowhere\. The stack of infra/batch\.yaml"):
        Bucket("nowhere", threads=1)
    with pytest.raises(ConfigurationInvalid, match="write s3://BUCKET"):
        Bucket("No Bucket", threads=1)


def test_a_bucket_that_is_gone_meanwhile_ends_the_sending(
    bucket: Bucket, s3: "S3Client", tmp_path: Path
) -> None:
    s3.delete_bucket(Bucket=BUCKET)
    (tmp_path / "small").write_bytes(b"1")
    (tmp_path / "large").write_bytes(bytes(9 * 2**20))
    for name in ("small", "large"):
        with pytest.raises(BatchFailed, match="There is no bucket pictures"):
            bucket.put(tmp_path / name, "in/a")


def test_a_profile_that_is_not_there_is_told(s3: "S3Client") -> None:
    del s3
    with pytest.raises(BatchFailed, match="nobody"):
        Bucket(BUCKET, threads=1, profile="nobody")


def client_error(code: str, message: str = "", **headers: str) -> ClientError:
    metadata = {"HTTPHeaders": headers, "HTTPStatusCode": 400}
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata},  # type: ignore[typeddict-item]
        "PutObject",
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (client_error("403", "Forbidden"), "do not allow writing in b. The same"),
        (client_error("AccessDenied", "no s3:PutObject"), "AWS says: no s3:PutObject"),
        (
            client_error("301", **{"x-amz-bucket-region": "eu-central-1"}),
            "lies in eu-central-1; name it with",
        ),
        (client_error("ExpiredToken"), "Sign in anew"),
        (NoCredentialsError(), "no AWS credentials"),
    ],
)
def test_what_no_file_would_fare_better_with_says_what_to_do(error: Exception, told: str) -> None:
    raised = failure(error, "b", "writing")
    assert told in str(raised)
    assert str(raised).endswith("The same command goes on from here.")
    assert not isinstance(raised, BucketTroubled)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (EndpointConnectionError(endpoint_url="http://x"), "S3 cannot be reached"),
        (client_error("SlowDown", "Please reduce"), "S3 failed while writing in b"),
        (SSOTokenLoadError(profile_name="x", error_msg="y"), "aws sso login"),
    ],
)
def test_what_may_pass_is_told_apart(error: Exception, told: str) -> None:
    raised = failure(error, "b", "writing")
    assert told in str(raised)
    assert isinstance(raised, BucketTroubled)
