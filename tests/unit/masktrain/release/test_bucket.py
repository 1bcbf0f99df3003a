import base64
import hashlib
import socket

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ParamValidationError

from masktrain.errors import RegistryError
from masktrain.release.bucket import Bucket, StoredSize, explain, open_bucket
from masktrain.release.registry import Registry
from tests.unit.masktrain.release.conftest import BUCKET


@pytest.fixture
def bucket(registry: Registry) -> Bucket:
    return registry.bucket


def test_an_object_is_written_once_with_its_checksum_and_metadata(bucket: Bucket) -> None:
    assert bucket.write("a/b", b"first", "text/plain", {"version": "1"})
    assert not bucket.write("a/b", b"second", "text/plain")
    stored = bucket.read("a/b")
    assert stored is not None
    assert stored.data == b"first"
    answer = bucket.client.head_object(Bucket=BUCKET, Key="a/b", ChecksumMode="ENABLED")
    assert (answer["ContentType"], answer["Metadata"]) == ("text/plain", {"version": "1"})
    assert base64.b64decode(answer["ChecksumSHA256"]) == hashlib.sha256(b"first").digest()
    assert bucket.measure("a/b") == StoredSize(5, hashlib.sha256(b"first").hexdigest())


def test_an_object_is_replaced_only_by_who_read_it_last(bucket: Bucket) -> None:
    bucket.write("a", b"1", "text/plain")
    mine, theirs = bucket.read("a"), bucket.read("a")
    assert mine is not None
    assert theirs is not None
    assert bucket.write("a", b"2", "text/plain", replaces=theirs.etag)
    assert not bucket.write("a", b"3", "text/plain", replaces=mine.etag)
    assert not bucket.write("gone", b"3", "text/plain", replaces=mine.etag)
    now = bucket.read("a")
    assert now is not None
    assert now.data == b"2"


def test_what_is_not_there_is_none(bucket: Bucket) -> None:
    assert bucket.read("nothing") is None
    assert bucket.measure("nothing") is None


class Copied:
    """Answers as S3 does of a copy that was made in parts: moto keeps no checksum of checksums."""

    def head_object(self, **_: str) -> dict[str, object]:
        return {"ContentLength": 7, "ChecksumSHA256": base64.b64encode(bytes(32)).decode() + "-2"}


def test_a_checksum_of_parts_says_nothing_of_the_whole() -> None:
    assert Bucket(BUCKET, Copied()).measure("k") == StoredSize(7, None)  # type: ignore[arg-type]  # all it calls


def test_children_are_names_of_one_level(bucket: Bucket) -> None:
    for key in ("v/1.0.0/x/m", "v/1.0.0/y", "v/2.0.0/y", "v/note", "w/other"):
        bucket.write(key, b"", "text/plain")
    assert bucket.children("v/") == ["1.0.0", "2.0.0", "note"]
    assert bucket.children("z/") == []


def test_a_missing_bucket_is_named(bucket: Bucket) -> None:
    missing = Bucket("no-such-bucket", bucket.client)
    for call in (
        lambda: missing.read("a"),
        lambda: missing.write("a", b"", "text/plain"),
        lambda: missing.children(""),
    ):
        with pytest.raises(RegistryError, match=r"There is no bucket no-such-bucket\. Create it"):
            call()


def test_an_impossible_bucket_name_is_told_in_one_line(bucket: Bucket) -> None:
    with pytest.raises(RegistryError, match="Bucket no bucket! cannot be used: ") as raised:
        Bucket("no bucket!", bucket.client).read("a")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDenied", r"may not read s3://b/k\. models/PUBLISHING\.md lists"),
        ("403", r"may not read s3://b/k"),
        ("ExpiredToken", r"does not accept these credentials \(ExpiredToken\)"),
        ("InvalidAccessKeyId", "does not accept these credentials"),
        ("PermanentRedirect", r"lies in another region\. Name it in AWS_DEFAULT_REGION"),
        ("SlowDown", r"S3 would not read s3://b/k: SlowDown: Please reduce"),
    ],
)
def test_answers_are_explained(code: str, told: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "Please reduce your rate."}}, "GetObject")
    with pytest.raises(RegistryError, match=told):
        raise RegistryError(explain(error, "b", "read", "k"))


def test_missing_credentials_and_silence_are_explained() -> None:
    assert "Set AWS_PROFILE" in explain(NoCredentialsError(), "b", "read", "k")
    silence = explain(EndpointConnectionError(endpoint_url="http://nowhere"), "b", "read", "k")
    assert silence.startswith("S3 cannot be reached: ")
    assert explain(ParamValidationError(report="bad"), "b", "read", "k").startswith("Bucket b cannot be used")


def test_an_answer_without_a_code_is_told_all_the_same() -> None:
    assert "unknown: no reason given" in explain(ClientError({}, "GetObject"), "b", "read", "k")


def test_other_errors_of_reading_and_writing_are_explained(bucket: Bucket) -> None:
    missing = Bucket("no-such-bucket", bucket.client)
    with pytest.raises(RegistryError):
        missing.write("a", b"", "text/plain", replaces='"tag"')
    with pytest.raises(RegistryError, match="may not read"):
        Bucket(BUCKET, Forbidding()).measure("a")  # type: ignore[arg-type]  # only head_object is called


class Forbidding:
    """Answers as S3 does where HEAD is forbidden: a status, and no reason."""

    def head_object(self, **_: str) -> None:
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")


def test_a_store_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(RegistryError, match="S3 cannot be reached"):
            open_bucket(BUCKET, address).read("a")


def test_settings_that_cannot_be_used_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RegistryError, match=r"Give the endpoint as in https://"):
        open_bucket(BUCKET, "s3.example.com")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(RegistryError, match=r"S3 cannot be used: .*nobody"):
        open_bucket(BUCKET)
