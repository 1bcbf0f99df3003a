"""The arithmetic of the benchmark of batches, and that it runs: no figure is held to a target here."""

import json
import sys
from pathlib import Path

import pytest

from maskinfra.stacks import BATCH
from tests.benchmarks import batch, batchcost, batchhandling
from tests.benchmarks.batchcost import IN_BATCH, IN_MAP, duration_s, prices, seconds
from tests.benchmarks.batchhandling import Handled
from tests.benchmarks.batchinputs import CROPS, SMALL, lay_out
from tests.benchmarks.batchworkers import workers
from tests.benchmarks.cost import MEMORY_GB
from tests.benchmarks.rows import at_least
from tests.e2e.templates import deployed, of_type, read

PICTURE = Handled("photo", kilobytes=850.0, compute_ms=100.0, reads=2.0, writes=1.0)
MEMBER = Handled("crop in an archive", kilobytes=10.0, compute_ms=3.0, reads=1.0, writes=1.0)


def test_a_ratio_has_to_reach_its_target() -> None:
    assert at_least("a", 0.85, 0.85).met is True
    assert at_least("a", 0.84, 0.85).met is False


def test_the_model_counts_as_the_template_does() -> None:
    assert read(BATCH.template)["Parameters"]["BatchSize"]["Default"] == IN_BATCH
    definition = deployed(BATCH, Manifests="on")["ManifestRuns"]["Properties"]["DefinitionString"]
    assert json.loads(definition)["States"]["Judge"]["ItemBatcher"]["MaxItemsPerBatch"] == IN_MAP
    memory = of_type(deployed(BATCH), "AWS::Lambda::Function")["MemorySize"]
    assert memory / 1024 == MEMORY_GB


def test_waiting_for_s3_is_paid_for_too() -> None:
    assert seconds(PICTURE, 30.0) == pytest.approx(0.1 + 3 * 0.03 + 0.01)
    assert seconds(MEMBER, 0.0) == pytest.approx(0.003 + 10 / 85_000)


def test_prices_follow_from_work_and_requests() -> None:
    paid = prices(PICTURE, 30.0)
    assert paid["upload"] == pytest.approx(5.00)
    assert paid["storage"] == pytest.approx(850 * 0.023 * 0.1)
    assert paid["Lambda"] == pytest.approx(0.02 + 0.2e6 * 1769 / 1024 * 0.0000166667)
    assert paid["S3"] == pytest.approx(2 * 0.40 + 1.1 * 5.00)
    assert paid["SQS"] == pytest.approx(1.2 * 0.40)
    packed = prices(MEMBER, 30.0)
    assert packed["upload"] == pytest.approx(0.005)
    assert packed["S3"] == pytest.approx(0.40 + 1.001 * 5.00)
    assert batchcost.manifest_price() == pytest.approx(0.50)


@pytest.mark.parametrize(
    ("pictures", "concurrency", "expected"),
    [
        (5 * 600, 5, 120.0),  # as many as at first: 3000 pictures of 0.2 s by five
        (205 * 20 * 5, 205, 40.0),  # just the rise: on average 105 at a time, 40 s long, at 5 more a second
        (205 * 20 * 5 + 205 * 500, 205, 140.0),
        (500, 1000, 4.40),  # over long before a thousand run: 5 t + 2.5 t^2 = 100 at 5.4 s
    ],
)
def test_functions_come_one_after_another(pictures: int, concurrency: int, expected: float) -> None:
    spent, bound = duration_s(PICTURE, 30.0, pictures, concurrency)
    assert bound is False
    work = pictures * seconds(PICTURE, 30.0)
    first, rise = min(5, concurrency), (concurrency - min(5, concurrency)) / 5
    until = min(spent, rise)
    done = first * until + 2.5 * until**2 + concurrency * max(0.0, spent - rise)
    assert done == pytest.approx(work)
    assert spent == pytest.approx(expected, rel=0.25)


def test_s3_takes_no_more_than_so_many_writes_a_second() -> None:
    assert duration_s(PICTURE, 30.0, 100_000_000, 1000) == pytest.approx((100_000_000 / 3500, True))


def test_tables_have_a_line_for_each_kind_and_as_many_cells_in_each() -> None:
    for table in (batchcost.price_table, batchcost.time_table, batchcost.work_table):
        lines = table([PICTURE, MEMBER]).splitlines()
        assert len(lines) == 4
        assert len({line.count("|") for line in lines}) == 1
    assert "| crops in zips of 1,000 |" in batchcost.price_table([MEMBER])
    assert "7.9 h*" in batchcost.time_table([PICTURE])


def test_requests_are_counted_as_they_are_made() -> None:
    told = batchhandling.handled(CROPS, rounds=1, count=3)
    assert told.writes == 1.0  # the result; the summary is for all three
    assert told.reads >= 1.0
    assert told.compute_ms > 0.5
    packed = batchhandling.handled_in_archive(rounds=1, members=6)
    assert packed.reads < told.reads
    assert 1.0 < packed.writes < 1.5  # the members', and the account of the archive


def test_rounds_have_files_of_their_own(tmp_path: Path) -> None:
    first, second = (lay_out(tmp_path, SMALL, name, 8) for name in ("a", "b"))
    assert not set(first) & set(second)
    assert len({(tmp_path / path).read_bytes() for path in first}) == 6


def test_a_worker_that_does_not_begin_is_told(tmp_path: Path) -> None:
    command = ["-m", "maskservice.batch.local", "--in", str(tmp_path / "missing"), "--out", str(tmp_path)]
    with pytest.raises(RuntimeError, match="ended with status 2"), workers(command, 1):
        pass


def test_a_file_that_is_not_judged_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    command = ["-m", "maskservice.batch.local", "--in", str(tmp_path), "--out", str(tmp_path / "out")]
    with workers(command, 1) as work, pytest.raises(RuntimeError, match="was not judged"):
        work(["a.jpg"])


@pytest.mark.skipif(sys.platform != "linux", reason="processor times are told by Linux")
def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "bench.json"
    monkeypatch.setattr(batch, "REPORT", report)
    monkeypatch.setattr(batch, "ROUNDS", 1)
    monkeypatch.setattr(batch, "KINDS", (CROPS,))
    monkeypatch.setattr(batchhandling, "KINDS", (CROPS,))
    monkeypatch.setattr(batch, "SHARE", 0.004)
    assert batch.main() == 0
    rows = {row["name"]: row for row in json.loads(report.read_text())}
    ratio = rows["crops: the batch over bare work"]
    assert ratio["target"] == 0.85
    assert 0.0 < ratio["value"] < 2.0
    out = capsys.readouterr().out
    assert "| crops in zips of 1,000 | $0.01" in out
    assert "1 million at 1000" in out
