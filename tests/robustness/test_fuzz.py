from pathlib import Path
from random import Random

import pytest

from maskservice.decoding import decode
from tests.robustness import dying, fuzz
from tests.robustness.corpus import corpus
from tests.robustness.mutation import MUTATORS, Mutator, mutate

SLICE = 2000


def test_every_picture_of_the_corpus_is_sound() -> None:
    for name, data in corpus().items():
        if name != "corrupt-exif":
            assert decode(data).mode == "RGB", name


def test_the_same_seed_breaks_the_same_way() -> None:
    pictures = list(corpus().values())
    first = [mutate(pictures, 7, index) for index in range(300)]
    assert first == [mutate(pictures, 7, index) for index in range(300)]
    assert first != [mutate(pictures, 8, index) for index in range(300)]
    assert all(first)


@pytest.mark.parametrize("mutator", MUTATORS, ids=lambda mutator: mutator.__name__)
def test_every_mutator_changes_something(mutator: Mutator) -> None:
    rng = Random(3)
    changed = [mutator(data, rng) != data for data in corpus().values()]
    assert sum(changed) > len(changed) // 2


def test_broken_pictures_are_answered_in_time_and_memory() -> None:
    found = fuzz.run_apart(seed=1, inputs=SLICE, workers=2)
    assert found.failures == []
    assert found.inputs == SLICE
    assert found.answers["200"] > SLICE // 50
    assert found.answers["undecodable-image"] > SLICE // 10
    assert found.memory_mb < fuzz.MEMORY_MB


def test_a_worker_that_dies_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fuzz, "KEPT", tmp_path)
    monkeypatch.setattr(fuzz, "_work", dying.die)
    found = fuzz.run_apart(seed=1, inputs=10, workers=1)
    assert found.failures == [f"input {dying.LAST}: the process died with -11"]
    assert (tmp_path / f"1-{dying.LAST}.bin").read_bytes() == mutate(list(corpus().values()), 1, dying.LAST)


def test_what_must_not_happen_is_told() -> None:
    found = fuzz.Findings()
    fault = fuzz.Target._fault
    assert "answered with 500" in str(fault({"statusCode": 500, "body": "{}"}, found, beside=False))
    assert "answered with 422" in str(fault({"statusCode": 422, "body": "{}"}, found, beside=True))
    lost = '{"results": [{"error": {"type": "undecodable-image"}}, {}]}'
    assert fault({"statusCode": 200, "body": lost}, found, beside=True) == "cost a good crop its answer"
    assert fault({"statusCode": 422, "body": '{"results": []}'}, found, beside=False) is None
    assert found.answers == {"422": 1}
