"""Both stores keep what the protocol promises."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maskservice.batch.faults import Gone
from maskservice.batch.folders import FolderStore
from maskservice.batch.s3store import S3Store
from maskservice.batch.store import Store
from tests.batches import BUCKET, cloud

KEY = "in/crops/a b/ü.jpg"


@dataclass(frozen=True)
class Side:
    """A store, and how inputs get into it."""

    store: Store
    add: Callable[[bytes], str | None]
    remove: Callable[[], object]


def folders(tmp_path: Path, in_memory: int) -> Side:
    place = tmp_path / "given" / "crops" / "a b" / "ü.jpg"
    place.parent.mkdir(parents=True)

    def add(data: bytes) -> None:
        place.write_bytes(data)

    return Side(FolderStore(tmp_path / "given", tmp_path / "out", in_memory), add, place.unlink)


@pytest.fixture(params=["s3-versioned", "s3", "folders", "folders-large"])
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Side]:
    with ExitStack() as stack:
        if request.param.startswith("folders"):
            yield folders(tmp_path, 3 if request.param == "folders-large" else 1000)
        else:
            sky = stack.enter_context(cloud(versioned=request.param == "s3-versioned"))

            def add(data: bytes) -> str:
                answer = sky.put(KEY, data)
                return str(answer.get("VersionId") or answer["ETag"].strip('"'))

            def remove() -> None:
                sky.s3.delete_object(Bucket=BUCKET, Key=KEY)

            yield Side(S3Store(sky.s3), add, remove)


def test_an_input_is_read_in_the_version_that_is_named(side: Side) -> None:
    version = side.add(b"content")
    opened = side.store.open(BUCKET, KEY, version)
    assert opened.body.read(3) == b"con"
    assert opened.body.read() == b"tent"
    assert opened.body.read(3) == b""
    opened.body.close()
    assert opened.size == 7
    assert opened.version == version or version is None
    assert opened.date in (None, datetime.now(UTC).date().isoformat())


def test_the_newest_version_is_read_where_none_is_named(side: Side) -> None:
    side.add(b"one")
    first = side.store.open(BUCKET, KEY, None)
    side.add(b"two")
    second = side.store.open(BUCKET, KEY, None)
    assert second.body.read() == b"two"
    assert first.version != second.version


def test_the_same_content_has_the_same_version_in_folders(tmp_path: Path) -> None:
    for in_memory in (1000, 1):
        side = folders(tmp_path / str(in_memory), in_memory)
        side.add(b"content")
        opened = side.store.open("", KEY, None)
        opened.body.close()
        assert opened.version == "ed7002b439e9ac845f22357d822bac14"  # sha256sum | head -c 32


def test_what_was_removed_is_gone(side: Side) -> None:
    side.add(b"content")
    side.remove()
    with pytest.raises(Gone):
        side.store.open(BUCKET, KEY, None)


def test_what_was_never_there_is_gone(side: Side) -> None:
    with pytest.raises(Gone):
        side.store.open(BUCKET, "in/crops/never.jpg", None)
    with pytest.raises(Gone):
        side.store.open(BUCKET, KEY, "c4ca4238a0b923820dcc509a6f75849b")


def test_a_document_is_written_once(side: Side) -> None:
    assert not side.store.exists(BUCKET, "out/x/a.json")
    assert side.store.read(BUCKET, "out/x/a.json") is None
    assert side.store.put_once(BUCKET, "out/x/a.json", b"1\n")
    assert not side.store.put_once(BUCKET, "out/x/a.json", b"2\n")
    assert side.store.read(BUCKET, "out/x/a.json") == b"1\n"
    assert side.store.exists(BUCKET, "out/x/a.json")


def test_a_document_can_be_removed_twice(side: Side) -> None:
    side.store.put_once(BUCKET, "failed/a.json", b"{}\n")
    for _ in range(2):
        side.store.delete(BUCKET, "failed/a.json")
        assert not side.store.exists(BUCKET, "failed/a.json")
    assert side.store.put_once(BUCKET, "failed/a.json", b"again\n")


def test_documents_beside_each_other_do_not_hinder_each_other(side: Side) -> None:
    assert side.store.put_once(BUCKET, "out/a.zip/v1.json", b"[1]\n")
    assert side.store.put_once(BUCKET, "out/a.zip/v1/b.jpg.json", b"[2]\n")
    assert side.store.read(BUCKET, "out/a.zip/v1.json") == b"[1]\n"


def test_nothing_is_left_unfinished(tmp_path: Path) -> None:
    side = folders(tmp_path, 1000)
    for number in range(3):
        side.store.put_once("", "out/a.json", str(number).encode())
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert files == [tmp_path / "out" / "out" / "a.json"]
