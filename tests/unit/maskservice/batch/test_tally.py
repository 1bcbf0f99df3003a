from maskservice.batch.recording import Settled
from maskservice.batch.tally import Tally

FACES = [{"result": {"verdict": verdict}} for verdict in ("violation", "compliant", "violation")]


def test_everything_is_counted() -> None:
    tally, other = Tally(), Tally(skipped=2)
    tally.count(Settled({"kind": "picture", "faces": FACES}, again=False))
    tally.count(Settled({"kind": "failure", "error": {"type": "gone"}}, again=True))
    tally.count(Settled({"kind": "archive", "judged": 7, "failed": 1, "skipped": 1}, again=False))
    other.count(Settled({"kind": "picture", "faces": []}, again=True))
    tally.add(other)
    assert (tally.pictures, tally.faces, tally.failed, tally.again, tally.skipped) == (2, 3, 1, 2, 2)
    assert tally.verdicts == {"violation": 2, "compliant": 1}
    assert tally.failures == {"gone": 1}


def test_an_archive_that_was_done_before_counts_with_its_members() -> None:
    tally = Tally()
    tally.count(Settled({"kind": "archive", "judged": 7, "failed": 1, "skipped": 2}, again=True))
    assert (tally.pictures, tally.skipped, tally.again) == (7, 2, 1)
