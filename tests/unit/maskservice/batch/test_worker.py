import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from maskservice.batch.faults import TransientFault
from maskservice.batch.judging import Judge, JudgedPicture
from maskservice.batch.messages import Delivery
from maskservice.batch.settings import BatchSettings
from maskservice.batch.store import Input
from maskservice.batch.summary import CollectedSummary
from maskservice.batch.tally import Tally
from maskservice.batch.worker import Worker
from tests import pictures
from tests.batches import BUCKET, EXAMPLES, MemoryStore
from tests.unit.maskservice.batch.archivesmade import tarred, zipped

DAY = "2026-11-26"
CROP = (EXAMPLES / "crops" / "collins-mask.jpg").read_bytes()


class Death(BaseException):
    pass


class MortalJudge(Judge):
    """Dies of a picture, or cannot judge it for a while."""

    def __init__(self, judge: Judge, deadly: bytes = b"-", hopeless: bytes = b"-") -> None:
        super().__init__(judge.classifier, judge.finder)
        self.deadly = deadly
        self.hopeless = hopeless

    def crop(self, data: bytes) -> JudgedPicture:
        if data == self.deadly:
            raise Death
        if data == self.hopeless:
            raise MemoryError("no room")
        return super().crop(data)


def delivery(key: str, version: str | None = "v0", receives: int = 1) -> Delivery:
    crop = key.startswith("in/crops/")
    return Delivery(BUCKET, key, version, receives, DAY, crop=crop, again=receives > 1)


def work(
    judge: Judge,
    store: MemoryStore,
    given: Delivery,
    settings: BatchSettings,
    is_short: Callable[[], bool] = lambda: False,
) -> Tally:
    worker = Worker(judge, store, store, CollectedSummary(store, "run"), settings, is_short)
    tally = worker.work(given)
    worker.finish()
    return tally


def documents(store: MemoryStore, root: str) -> dict[str, Any]:
    return {key: json.loads(data) for key, data in store.written.items() if key.startswith(f"{root}/")}


def errors(store: MemoryStore) -> dict[str, str]:
    """Types of failures by what follows the day in their keys."""
    found = documents(store, "failed").items()
    return {key.removeprefix(f"failed/{DAY}/"): document["error"]["type"] for key, document in found}


def test_a_crop_and_a_photo_get_their_results(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add("in/crops/a.jpg", CROP)
    memory.add("in/photos/b.jpg", (EXAMPLES / "group.jpg").read_bytes())
    assert work(judge, memory, delivery("in/crops/a.jpg"), settings).faces == 1
    assert work(judge, memory, delivery("in/photos/b.jpg", "v1"), settings).faces == 6
    crop, photo = documents(memory, "out").values()
    assert crop["faces"][0]["result"]["label"] == "with_mask"
    assert crop["detector"] is None
    assert photo["detector"]["name"] == "face-detector"
    assert memory.dead == []


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "undecodable-image"),
        (b"text", "undecodable-image"),
        (pictures.png_header(50_000, 50_000), "image-too-large"),
        (b"x" * 5001, "object-too-large"),
    ],
)
def test_what_cannot_be_judged_fails_at_once(
    data: bytes, fault: str, judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add("in/crops/a.jpg", data)
    tally = work(judge, memory, delivery("in/crops/a.jpg"), replace(settings, picture_bytes=5000))
    assert tally.failures == {fault: 1}
    assert errors(memory) == {"crops/a.jpg/v0.json": fault}
    assert [letter["reason"] for letter in memory.dead] == [fault]


def test_what_is_gone_fails_under_the_day_of_its_message(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    work(judge, memory, delivery("in/crops/a.jpg", "v7"), settings)
    work(judge, memory, delivery("in/crops/b.jpg", None), settings)
    assert errors(memory) == {"crops/a.jpg/v7.json": "gone", "crops/b.jpg/unknown.json": "gone"}


@pytest.mark.parametrize("day", [DAY, "2026-11-27"])
def test_what_is_gone_by_now_keeps_its_result(
    day: str, judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add("in/crops/a.jpg", CROP)
    work(judge, memory, delivery("in/crops/a.jpg"), settings)
    after = MemoryStore()
    after.written = memory.written
    tally = work(judge, after, replace(delivery("in/crops/a.jpg", receives=2), day=day), settings)
    assert (tally.again, tally.failed) == (1, 0)
    assert errors(after) == {}


def test_what_came_before_is_not_judged_again(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add("in/crops/a.jpg", CROP)
    work(judge, memory, delivery("in/crops/a.jpg"), settings)
    before = dict(memory.written)
    dead_judge = MortalJudge(judge, deadly=CROP)
    assert work(dead_judge, memory, delivery("in/crops/a.jpg", receives=2), settings).again == 1
    assert memory.written == before


def test_what_may_pass_comes_again_and_is_given_up_at_last(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add("in/crops/a.jpg", CROP)
    hopeless = MortalJudge(judge, hopeless=CROP)
    for receives in range(1, settings.receives):
        with pytest.raises(MemoryError):
            work(hopeless, memory, delivery("in/crops/a.jpg", receives=receives), settings)
        assert memory.written == {}
    work(hopeless, memory, delivery("in/crops/a.jpg", receives=settings.receives), settings)
    (failure,) = documents(memory, "failed").values()
    assert failure["error"]["type"] == "gave-up"
    assert "MemoryError: no room" in failure["error"]["detail"]
    assert failure["receives"] == settings.receives


def test_a_store_that_opens_nothing_is_given_up_at_last(judge: Judge, settings: BatchSettings) -> None:
    class Shut(MemoryStore):
        def open(self, _bucket: str, _key: str, _version: str | None) -> Input:
            raise TransientFault("AWS answered AccessDenied.")

    store = Shut()
    with pytest.raises(TransientFault):
        work(judge, store, delivery("in/crops/a.jpg", receives=4), settings)
    work(judge, store, delivery("in/crops/a.jpg", receives=5), settings)
    (failure,) = documents(store, "failed").values()
    assert "AccessDenied" in failure["error"]["detail"]


def test_a_picture_that_ends_the_process_is_given_up_with_its_reason(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add("in/crops/a.jpg", CROP)
    for receives in range(1, 5):
        with pytest.raises(Death):
            work(
                MortalJudge(judge, deadly=CROP),
                memory,
                delivery("in/crops/a.jpg", receives=receives),
                settings,
            )
    work(MortalJudge(judge, deadly=CROP), memory, delivery("in/crops/a.jpg", receives=5), settings)
    (failure,) = documents(memory, "failed").values()
    assert "ended 3 times" in failure["error"]["detail"]


PACKED = [("a.jpg", CROP), ("notes.txt", b"no"), ("b.jpg", b"text"), ("x/c.jpg", CROP)]


@pytest.mark.parametrize("name", ["in/crops/many.zip", "in/crops/many.tar"])
def test_the_members_of_an_archive_are_judged_each(
    name: str, judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add(name, zipped(*PACKED) if name.endswith("zip") else tarred(*PACKED))
    tally = work(judge, memory, delivery(name), settings)
    assert (tally.pictures, tally.faces, tally.failed, tally.skipped) == (2, 2, 1, 1)
    below = name.removeprefix("in/")
    assert set(documents(memory, "out")) == {
        f"out/{DAY}/{below}/v0/a.jpg.json",
        f"out/{DAY}/{below}/v0/x/c.jpg.json",
        f"out/{DAY}/{below}/v0.json",
    }
    account = documents(memory, "out")[f"out/{DAY}/{below}/v0.json"]
    assert account == {
        "kind": "archive",
        "path": below,
        "source": {"bucket": BUCKET, "key": name, "version": "v0", "member": None},
        "members": 4,
        "judged": 2,
        "failed": 1,
        "skipped": 1,
    }
    assert errors(memory) == {f"{below}/v0/b.jpg.json": "undecodable-image"}


def test_an_archive_goes_on_in_a_message_of_its_own_when_time_is_short(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add("in/crops/many.zip", zipped(*PACKED))
    begun = delivery("in/crops/many.zip")
    work(judge, memory, begun, settings, is_short=lambda: True)
    (rest,) = memory.sent
    assert (rest["first"], rest["judged"]) == (1, 1)
    while memory.sent:
        rest = memory.sent.pop()
        progress = type(begun.progress)(*(rest[name] for name in ("first", "judged", "failed", "skipped")))
        work(judge, memory, replace(begun, progress=progress), settings, is_short=lambda: True)
    account = documents(memory, "out")[f"out/{DAY}/crops/many.zip/v0.json"]
    assert [account[name] for name in ("members", "judged", "failed", "skipped")] == [4, 2, 1, 1]


def test_an_archive_that_is_done_is_not_opened_again(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add("in/crops/many.zip", zipped(*PACKED))
    work(judge, memory, delivery("in/crops/many.zip"), settings)
    before = dict(memory.written)
    tally = work(MortalJudge(judge, CROP), memory, delivery("in/crops/many.zip", receives=2), settings)
    assert (tally.pictures, tally.again) == (2, 1)
    assert memory.written == before


@pytest.mark.parametrize("short", [False, True])
def test_an_archive_is_closed_when_its_members_lines_are_written(
    short: bool,  # noqa: FBT001 (of the parametrization)
    judge: Judge,
    memory: MemoryStore,
    settings: BatchSettings,
) -> None:
    memory.add("in/crops/many.zip", zipped(*PACKED))
    summary = CollectedSummary(memory, "killed")
    Worker(judge, memory, memory, summary, settings, lambda: short).work(delivery("in/crops/many.zip"))
    assert f"out/{DAY}/crops/many.zip/v0/a.jpg.json" in memory.written
    assert f"out/{DAY}/crops/many.zip/v0.json" not in memory.written
    assert memory.sent == []
    work(judge, memory, delivery("in/crops/many.zip", receives=2), settings)
    assert f"out/{DAY}/crops/many.zip/v0.json" in memory.written
    lines = [data for key, data in memory.written.items() if key.startswith("summary/")]
    assert b"".join(lines).count(b"\n") == 3


def test_a_fault_that_may_pass_costs_an_archive_only_a_message(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add("in/crops/many.zip", zipped(*PACKED))
    hopeless = MortalJudge(judge, hopeless=b"text")
    work(hopeless, memory, delivery("in/crops/many.zip", receives=4), settings)
    assert [message["first"] for message in memory.sent] == [2]
    assert errors(memory) == {}
    first = replace(delivery("in/crops/many.zip"), progress=type(delivery("x").progress)(2, 1, 0, 1))
    with pytest.raises(TransientFault, match="no room"):
        work(hopeless, memory, first, settings)
    work(hopeless, memory, replace(first, receives=5, again=True), settings)
    assert errors(memory) == {"crops/many.zip/v0/b.jpg.json": "gave-up"}
    assert [message["first"] for message in memory.sent] == [2, 3]


def test_a_member_that_ends_the_process_costs_the_others_nothing(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    memory.add("in/crops/many.zip", zipped(*PACKED))
    deadly = MortalJudge(judge, deadly=b"text")
    for receives in range(1, 5):
        with pytest.raises(Death):
            work(deadly, memory, delivery("in/crops/many.zip", receives=receives), settings)
    work(deadly, memory, delivery("in/crops/many.zip", receives=5), settings)
    assert errors(memory) == {"crops/many.zip/v0/b.jpg.json": "gave-up"}
    (rest,) = memory.sent
    progress = type(delivery("x").progress)(
        *(rest[name] for name in ("first", "judged", "failed", "skipped"))
    )
    work(deadly, memory, replace(delivery("in/crops/many.zip"), progress=progress), settings)
    account = documents(memory, "out")[f"out/{DAY}/crops/many.zip/v0.json"]
    assert [account[name] for name in ("members", "judged", "failed", "skipped")] == [4, 2, 1, 1]


def test_the_members_before_the_damage_count(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    packed = tarred(("a.jpg", CROP), ("b.jpg", CROP))
    memory.add("in/crops/cut.tar", packed[: len(CROP) + 2048])
    tally = work(judge, memory, delivery("in/crops/cut.tar"), settings)
    assert tally.pictures == 1
    assert errors(memory) == {"crops/cut.tar/v0.json": "bad-archive"}


def test_the_lines_of_members_before_the_damage_are_made_good(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    packed = tarred(("a.jpg", CROP), ("b.jpg", CROP))
    memory.add("in/crops/cut.tar", packed[: len(CROP) + 2048])
    summary = CollectedSummary(memory, "killed")
    Worker(judge, memory, memory, summary, settings).work(delivery("in/crops/cut.tar"))
    assert errors(memory) == {"crops/cut.tar/v0.json": "bad-archive"}
    work(MortalJudge(judge, deadly=CROP), memory, delivery("in/crops/cut.tar", receives=2), settings)
    lines = [data for key, data in memory.written.items() if key.startswith("summary/")]
    assert b"".join(lines).count(b"\n") == 2
    assert errors(memory) == {"crops/cut.tar/v0.json": "bad-archive"}


def test_an_archive_that_is_too_large_is_not_fetched(judge: Judge, settings: BatchSettings) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            pytest.fail("it was read")

    class Large(MemoryStore):
        def open(self, _bucket: str, _key: str, version: str | None) -> Input:
            return Input(version or "", DAY, 401_000_000, Unread())

    store = Large()
    work(judge, store, delivery("in/crops/large.zip"), settings)
    assert errors(store) == {"crops/large.zip/v0.json": "object-too-large"}


def test_an_archive_that_cannot_be_copied_comes_again(judge: Judge, settings: BatchSettings) -> None:
    class Stream:
        def read(self, _size: int = -1, /) -> bytes:
            raise TransientFault("The object broke off: ReadTimeoutError.")

        def close(self) -> None:
            pass

    class Remote(MemoryStore):
        def open(self, _bucket: str, _key: str, version: str | None) -> Input:
            return Input(version or "", DAY, 1000, Stream())

    store = Remote()
    with pytest.raises(TransientFault, match="broke off"):
        work(judge, store, delivery("in/crops/a.zip", receives=4), settings)
    work(judge, store, delivery("in/crops/a.zip", receives=5), settings)
    assert errors(store) == {"crops/a.zip/v0.json": "gave-up"}
