"""The proof: whatever happens on the way, every input ends in exactly one result or one failure."""

import io
import json
import logging
import tarfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from maskservice.batch.faults import TransientFault
from maskservice.batch.function import BatchFunction
from maskservice.batch.judging import Judge, JudgedPicture
from maskservice.batch.keys import is_crop
from maskservice.batch.messages import Delivery
from maskservice.batch.s3store import S3Store
from maskservice.batch.settings import BatchSettings
from maskservice.batch.sqsqueue import SqsQueue
from maskservice.batch.summary import CollectedSummary
from maskservice.batch.worker import Worker
from maskservice.telemetry import logger
from tests import pictures
from tests.batches import (
    BUCKET,
    EXAMPLES,
    MOST_RECEIVES,
    SECRETS,
    Cloud,
    Context,
    MemoryStore,
    cloud,
    notification,
    real_judge,
    sqs_record,
)
from tests.robustness.eventsource import EventSource
from tests.robustness.perils import Killed, PerilousClient, Perils

CROPS = sorted((EXAMPLES / "crops").glob("*.jpg"))
PORTRAITS = sorted(EXAMPLES.glob("*.jpg"))
PICTURES = 1000
CORRUPT = 20  # one in so many
DUPLICATES = 0.05


@dataclass(frozen=True)
class Given:
    """An object that is put."""

    key: str
    data: bytes


@pytest.fixture(scope="module")
def judge() -> Judge:
    return real_judge()


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logger, "level", logging.ERROR)  # it warns of every fault


def corrupt(data: bytes, chance: Random) -> bytes:
    """A picture that is none any more, in one of several ways."""
    others = [b"", b"this is not a picture", data[: len(data) // 2], data[:20], b"\0" * 100]
    return chance.choice(
        [*others, pictures.png_header(50_000, 50_000), pictures.encode(pictures.scene(), "GIF")]
    )


def drawn(path: Path, side: int, chance: Random) -> bytes:
    """One of the example pictures, no two of them the same."""
    with Image.open(path) as picture:
        picture.thumbnail((side, side))
        brighter = ImageEnhance.Brightness(picture).enhance(0.8 + 0.4 * chance.random())
    return pictures.encode(brighter, chance.choice(["JPEG", "JPEG", "JPEG", "PNG", "WEBP"]))


def picture(number: int, chance: Random, *, crop: bool) -> bytes:
    if crop:
        data = drawn(chance.choice(CROPS), chance.randint(60, 140), chance)
    else:
        data = drawn(chance.choice(PORTRAITS), chance.randint(140, 240), chance)
    return corrupt(data, chance) if number % CORRUPT == 0 else data


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def tarred(members: dict[str, bytes], mode: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def inputs(chance: Random, count: int = PICTURES) -> list[Given]:
    """So many pictures: most of them crops, some photos, a fifth of them in archives."""
    given: list[Given] = []
    archived: dict[str, bytes] = {}
    for number in range(count):
        crop = chance.random() < 0.85
        kind = "crops" if crop else "photos"
        data = picture(number, chance, crop=crop)
        if number % 5 == 4 and crop:
            archived[f"{number}/face of somebody.jpg"] = data
        elif number % 50 == 7:
            given.append(Given(given[-1].key, data))  # another version of the same key
        else:
            given.append(Given(f"in/{kind}/job {number % 7}/ü+{number}.jpg", data))
    names = list(archived)
    thirds = [{name: archived[name] for name in names[start::3]} for start in range(3)]
    thirds[0] |= {"__MACOSX/._a.jpg": b"x", "readme.txt": b"x", ".hidden.jpg": b"x"}
    given += [
        Given("in/crops/many.zip", zipped(thirds[0])),
        Given("in/crops/many.tar", tarred(thirds[1], "w:")),
        Given("in/crops/many.tgz", tarred(thirds[2], "w:gz")),
        Given("in/crops/broken.zip", zipped({"a.jpg": b"x" * 500})[:-30]),
    ]
    return given


def put(sky: Cloud, given: list[Given], chance: Random) -> tuple[set[str], list[str]]:
    """Put all objects; returns their versions and the messages about them, some twice, in any order."""
    versions = [(entry.key, str(sky.put(entry.key, entry.data)["VersionId"])) for entry in given]
    bodies = [notification(key, version) for key, version in versions]
    twice = [body for body in bodies if chance.random() < DUPLICATES]
    everything = [json.dumps({"Event": "s3:TestEvent"}), *bodies, *twice]
    chance.shuffle(everything)
    return {version for _, version in versions}, everything


def function(sky: Cloud, judge: Judge, perils: Perils) -> BatchFunction:
    s3, sqs = PerilousClient(sky.s3, perils), PerilousClient(sky.sqs, perils)
    settings = BatchSettings(Path(), sky.queue, sky.dead_letters)
    queue = SqsQueue(sqs, sky.queue, sky.dead_letters)
    return BatchFunction(judge, S3Store(s3), queue, settings, chance=perils.chance)


def said(document: Any) -> Any:
    """What a result says, whenever and wherever it was made."""
    return {
        name: document[name] for name in ("kind", "width", "height", "faces", "error") if name in document
    }


def identity(document: Any) -> tuple[str, str | None, str | None]:
    source = document["source"]
    return source["key"], source["version"], source["member"]


def undisturbed(judge: Judge, given: list[Given]) -> list[Any]:
    """The documents of all inputs where nothing happens on the way."""
    store = MemoryStore()
    worker = Worker(judge, store, store, CollectedSummary(store, "calm"), BatchSettings(Path()))
    for entry in given:
        version = store.add(entry.key, entry.data)
        crop = is_crop(entry.key)
        worker.work(Delivery(BUCKET, entry.key, version, 1, "2026-11-26", crop, again=False))
    worker.finish()
    return [json.loads(data) for key, data in store.written.items() if key.startswith(("out/", "failed/"))]


def outcome(documents: list[Any]) -> Counter[str]:
    """What is said of each path, without where and when."""
    return Counter(json.dumps([place_of(found), verdict_of(found)], sort_keys=True) for found in documents)


def place_of(document: Any) -> str:
    return str(document["path"])


def verdict_of(document: Any) -> Any:
    return document["error"]["type"] if document["kind"] == "failure" else said(document)


@dataclass(frozen=True)
class Run:
    """What is left of a run when everything is done."""

    results: dict[str, Any]
    failures: dict[str, Any]
    lines: list[Any]
    dead: list[Any]
    versions: set[str]
    source: EventSource
    met: Counter[str]


def troubled(judge: Judge, given: list[Given], seed: int) -> Run:
    chance = Random(seed)
    with cloud() as sky:
        versions, messages = put(sky, given, chance)
        perils = Perils(chance, faults=0.02, kills=0.004)
        source = EventSource(sky, chance, messages, most_receives=MOST_RECEIVES)
        source.run(function(sky, judge, perils), partial(Context, 10_000))
        return Run(
            sky.documents("out/"),
            sky.documents("failed/"),
            sky.lines(),
            sky.failures(),
            versions,
            source,
            Counter(perils.met),
        )


def told(lines: list[Any]) -> Counter[tuple[str, str]]:
    """How many lines the summary has of each picture and version, each line taken once."""
    distinct = {line["id"]: line for line in lines}
    assert all(distinct[line["id"]] == line for line in lines)  # a line that comes again says the same
    return Counter((line["path"], line["version"]) for line in distinct.values())


def to_tell(documents: list[Any]) -> Counter[tuple[str, str]]:
    """How many lines it should have: one per face, or one for a picture without faces and for a failure."""
    pictures = [found for found in documents if found["kind"] != "archive"]
    return Counter(
        {
            (found["path"], found["source"]["version"]): max(1, len(found.get("faces", [])))
            for found in pictures
        }
    )


@pytest.mark.parametrize("seed", [1])
def test_every_input_ends_in_exactly_one_place(seed: int, judge: Judge) -> None:
    given = inputs(Random(seed))
    run = troubled(judge, given, seed)
    documents = [*run.results.values(), *run.failures.values()]
    done = Counter(identity(document) for document in documents)

    assert run.source.deaths >= 10
    assert {"SlowDown", "InternalError", "503", "read timeout", "connect timeout"} <= set(run.met)
    assert run.source.redriven == []
    assert max(done.values()) == 1  # never a result and a failure, never two of one kind
    assert {version for _, version, member in done if member is None} == run.versions
    assert {identity(body) for body in run.dead} == {identity(document) for document in run.failures.values()}
    assert told(run.lines) == to_tell(documents)
    given_up = {place_of(found) for found in documents if verdict_of(found) == "gave-up"}
    assert len(given_up) <= 3  # a picture may meet a fault at each of its five attempts
    calm = [found for found in undisturbed(judge, given) if place_of(found) not in given_up]
    assert outcome([found for found in documents if place_of(found) not in given_up]) == outcome(calm)


class KillingJudge(Judge):
    """Ends the process at some pictures."""

    def crop(self, data: bytes) -> JudgedPicture:
        if data.startswith(b"deadly"):
            raise Killed
        return super().crop(data)


@dataclass(frozen=True)
class Together:
    """Pictures that always come together, the first of which end the process."""

    store: MemoryStore
    versions: dict[str, str]
    function: BatchFunction

    @classmethod
    def of(cls, judge: Judge, killers: int, count: int, seed: int) -> "Together":
        store = MemoryStore()
        killing = KillingJudge(judge.classifier, judge.finder)
        datas = [f"deadly {n}".encode() if n < killers else CROPS[0].read_bytes() for n in range(count)]
        versions = {f"in/crops/{n}.jpg": store.add(f"in/crops/{n}.jpg", data) for n, data in enumerate(datas)}
        function = BatchFunction(killing, store, store, BatchSettings(Path()), chance=Random(seed))
        return cls(store, versions, function)

    def check(self, killers: int) -> None:
        results = [key for key in self.store.written if key.startswith("out/")]
        assert len(results) == len(self.versions) - killers
        failed = {key.split("/")[3]: data for key, data in self.store.written.items() if key[:6] == "failed"}
        assert failed.keys() == {f"{n}.jpg" for n in range(killers)}
        assert {letter["reason"] for letter in self.store.dead} == {"gave-up"}
        told = [data for key, data in self.store.written.items() if key.startswith("summary/")]
        lines = [json.loads(line) for data in told for line in data.splitlines()]
        assert len({line["id"] for line in lines}) == len(self.versions)


@pytest.mark.parametrize("killers", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_pictures_that_kill_a_batch_fail_alone_before_the_queue_gives_up(
    killers: int, seed: int, judge: Judge
) -> None:
    batch = Together.of(judge, killers, 10, seed)
    bodies = {key: notification(key, version) for key, version in batch.versions.items()}
    for receives in range(1, MOST_RECEIVES + 1):
        records = [sqs_record(key, body, receives) for key, body in bodies.items()]
        try:
            answer = batch.function({"Records": records}, Context())
        except Killed:
            continue
        assert answer == {"batchItemFailures": []}
        break
    else:
        pytest.fail("the queue took all of them")
    batch.check(killers)


@pytest.mark.parametrize("killers", [1, 2, 5])
def test_pictures_that_kill_a_batch_of_a_manifest_fail_alone(killers: int, judge: Judge) -> None:
    batch = Together.of(judge, killers, 30, killers)
    items = [{"bucket": BUCKET, "key": key, "version": told} for key, told in batch.versions.items()]
    for attempt in range(21):
        try:
            answer = batch.function({"Items": items, "attempt": attempt}, Context())
        except (Killed, TransientFault):
            continue
        assert answer == {"done": 30 - killers, "failed": killers}
        break
    else:
        pytest.fail("the state machine gave up")
    batch.check(killers)
