import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from maskservice.errors import ModelUnavailable
from maskservice.modelstore import RegistryEntry
from maskservice.registry import fetch_model, open_store
from tests.faultystore import FaultyStore, faulty_store

BUCKET = "models-of-the-house"
MODEL = bytes(range(256)) * 400
SHA256 = hashlib.sha256(MODEL).hexdigest()
PATH = f"versions/1.2.0/{SHA256}/model.onnx"
POINTER = json.dumps({"layout": 1, "version": "1.2.0", "sha256": SHA256, "path": PATH, "card": {}}).encode()
PINNED = RegistryEntry.of(f"s3://{BUCKET}/masks", "1.2.0")
ALIAS = RegistryEntry.of(f"s3://{BUCKET}/masks", "production")


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def bucket() -> Iterator[None]:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        for key, data in (
            ("versions/1.2.0/manifest.json", POINTER),
            ("aliases/production.json", POINTER),
            (PATH, MODEL),
        ):
            s3.put_object(Bucket=BUCKET, Key=f"masks/{key}", Body=data)
        yield


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyStore]:
    """A store with everything in its place, as yet without a fault."""
    with faulty_store() as (served, address):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
        root = f"/{BUCKET}/masks"
        served.objects[f"{root}/versions/1.2.0/manifest.json"] = POINTER
        served.objects[f"{root}/aliases/production.json"] = POINTER
        served.objects[f"{root}/{PATH}"] = MODEL
        yield served


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("entry", [PINNED, ALIAS])
def test_a_model_is_fetched_by_version_and_by_alias(entry: RegistryEntry, tmp_path: Path) -> None:
    model = fetch_model(entry, open_store(), tmp_path / "cache")
    assert (model.data, model.sha256) == (MODEL, SHA256)


@pytest.mark.usefixtures("bucket")
def test_what_is_not_there_is_told_by_s3s_own_name(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"cannot be read: NoSuchKey\.$") as caught:
        fetch_model(RegistryEntry.of(f"s3://{BUCKET}", "1.2.0"), open_store(), tmp_path)
    assert BUCKET not in caught.value.detail
    with pytest.raises(ModelUnavailable, match="NoSuchBucket"):
        fetch_model(RegistryEntry.of("s3://another-bucket", "1.2.0"), open_store(), tmp_path)


def test_the_same_bytes_are_not_fetched_twice(store: FaultyStore, tmp_path: Path) -> None:
    for _ in range(2):
        assert fetch_model(ALIAS, open_store(), tmp_path).data == MODEL
    assert [path.rpartition("/")[2] for path in store.asked] == [
        "production.json",
        "model.onnx",
        "production.json",
    ]


def test_a_cache_that_somebody_changed_is_not_believed(store: FaultyStore, tmp_path: Path) -> None:
    (tmp_path / f"{SHA256}.onnx").write_bytes(b"another model")
    assert fetch_model(PINNED, open_store(), tmp_path).data == MODEL
    assert (tmp_path / f"{SHA256}.onnx").read_bytes() == MODEL
    assert len(store.asked) == 2


@pytest.mark.usefixtures("store")
def test_the_cache_holds_one_model(tmp_path: Path) -> None:
    (tmp_path / f"{'0' * 64}.onnx").write_bytes(b"the model before")
    fetch_model(PINNED, open_store(), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [f"{SHA256}.onnx"]


@pytest.mark.usefixtures("store")
def test_no_room_for_a_cache_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert fetch_model(PINNED, open_store(), tmp_path / "file" / "cache").data == MODEL


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("cut", "IncompleteRead|ResponseStreaming|Connection"),
        ("AccessDenied", "AccessDenied"),
        ("InternalError", "InternalError"),
        ("NoSuchKey", "NoSuchKey"),
    ],
)
@pytest.mark.parametrize("place", ["manifest.json", "model.onnx"])
def test_a_fault_is_told(fault: str, reason: str, place: str, store: FaultyStore, tmp_path: Path) -> None:
    store.faults[place] = fault
    with pytest.raises(ModelUnavailable, match=reason) as caught:
        fetch_model(PINNED, open_store(), tmp_path)
    assert BUCKET not in caught.value.detail
    assert not list(tmp_path.iterdir())


def test_a_silent_store_is_given_up(store: FaultyStore, tmp_path: Path) -> None:
    store.faults["model.onnx"] = "silent"
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="ReadTimeoutError"):
        fetch_model(PINNED, open_store(silence_s=0.2), tmp_path)
    assert time.monotonic() - started < 5


def test_a_store_that_trickles_is_given_up(store: FaultyStore, tmp_path: Path) -> None:
    store.faults["model.onnx"] = "trickle"
    store.objects[f"/{BUCKET}/masks/{PATH}"] = MODEL * 40
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match=r"longer than 0\.5 seconds"):
        fetch_model(PINNED, open_store(), tmp_path, deadline_s=0.5)
    assert time.monotonic() - started < 5


def test_nobody_listening_is_told(
    store: FaultyStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(ModelUnavailable, match="EndpointConnectionError"):
        fetch_model(PINNED, open_store(), tmp_path)
    assert store.asked == []


def test_other_bytes_never_pass(store: FaultyStore, tmp_path: Path) -> None:
    store.objects[f"/{BUCKET}/masks/{PATH}"] = MODEL[:-1] + b"\0"
    with pytest.raises(ModelUnavailable, match="SHA-256 is not the one it was published with"):
        fetch_model(PINNED, open_store(), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (b"<html>", "document: Invalid JSON"),
        (b"[]", "document"),
        (POINTER.replace(b'"layout": 1', b'"layout": 2'), "layout: Input should be 1"),
        (POINTER.replace(SHA256.encode(), b"abc"), "sha256: String should match"),
        (POINTER.replace(b'"versions/', b'"../other/'), "path: String should match"),
    ],
)
def test_a_pointer_that_means_nothing_is_told(
    document: bytes, fault: str, store: FaultyStore, tmp_path: Path
) -> None:
    store.objects[f"/{BUCKET}/masks/aliases/production.json"] = document
    with pytest.raises(ModelUnavailable, match=f"says of 'production' cannot be read: {fault}"):
        fetch_model(ALIAS, open_store(), tmp_path)


def test_a_pointer_without_end_is_given_up(store: FaultyStore, tmp_path: Path) -> None:
    store.objects[f"/{BUCKET}/masks/aliases/production.json"] = b" " * 2_000_000
    with pytest.raises(ModelUnavailable, match="more than 1000000 bytes"):
        fetch_model(ALIAS, open_store(), tmp_path)


def test_without_boto3_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ModelUnavailable, match="only where boto3 is installed"):
        open_store()


def test_an_endpoint_that_means_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "nowhere")
    with pytest.raises(ModelUnavailable, match="cannot be used: ValueError"):
        open_store()
