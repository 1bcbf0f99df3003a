from typing import Any

import pytest
from botocore.exceptions import ClientError, IncompleteReadError

from maskservice.batch.faults import Gone, TransientFault
from maskservice.batch.s3store import ATTEMPTS, CONNECT_S, SILENCE_S, S3Store, open_client
from tests.batches import BUCKET, Cloud


class BusyClient:
    """Every call meets the same error."""

    def __getattr__(self, name: str) -> Any:
        def call(**_: object) -> None:
            raise ClientError({"Error": {"Code": "SlowDown", "Message": "no"}}, name)

        return call


class BreakingBody:
    def read(self, *_: int) -> bytes:
        raise IncompleteReadError(actual_bytes=1, expected_bytes=2)

    def close(self) -> None:
        pass


def test_a_busy_store_is_asked_again_later() -> None:
    store = S3Store(BusyClient())
    for call in (
        lambda: store.open(BUCKET, "in/a.jpg", None),
        lambda: store.put_once(BUCKET, "out/a.json", b""),
        lambda: store.read(BUCKET, "out/a.json"),
        lambda: store.exists(BUCKET, "out/a.json"),
        lambda: store.delete(BUCKET, "out/a.json"),
    ):
        with pytest.raises(TransientFault, match="SlowDown"):
            call()


def test_an_object_that_breaks_off_is_read_again_later(sky: Cloud) -> None:
    class Client:
        def get_object(self, **asked: Any) -> Any:
            return {**sky.s3.get_object(**asked), "Body": BreakingBody()}

    sky.put("in/a.jpg", b"content")
    opened = S3Store(Client()).open(BUCKET, "in/a.jpg", None)
    with pytest.raises(TransientFault, match="broke off: IncompleteReadError"):
        opened.body.read()


def test_a_replaced_object_is_gone_where_there_are_no_versions(sky: Cloud) -> None:
    sky.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    etag = sky.put("in/a.jpg", b"one")["ETag"].strip('"')
    assert S3Store(sky.s3).open(BUCKET, "in/a.jpg", etag).version == etag
    sky.put("in/a.jpg", b"two")
    with pytest.raises(Gone):
        S3Store(sky.s3).open(BUCKET, "in/a.jpg", etag)


def test_documents_say_what_they_are(sky: Cloud) -> None:
    store = S3Store(sky.s3)
    kinds = {"out/a.json": "application/json", "summary/a.jsonl": "application/x-ndjson"}
    for key, kind in {**kinds, "trying/a.json.1": "application/octet-stream"}.items():
        store.put_once(BUCKET, key, b"{}\n")
        assert sky.s3.head_object(Bucket=BUCKET, Key=key)["ContentType"] == kind


def test_a_client_gives_up_within_the_time_that_is_kept_for_it() -> None:
    config = open_client("s3").meta.config
    assert config.retries["mode"] == "standard"
    assert ATTEMPTS * (CONNECT_S + SILENCE_S) <= 21.0
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_S, SILENCE_S)
