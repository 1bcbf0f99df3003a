"""Measures the judging of many pictures: ``python -m tests.benchmarks.batch``, or `make bench-batch`.

What is compared is measured in turn, on the same files and cores; machines differ and are busy, so read the
ratios. From the measured work and the counted requests follow the prices and times of a million pictures.
"""

import os
import platform
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.benchmarks import batchcost, batchhandling
from tests.benchmarks.batchinputs import KINDS, Kind, lay_out
from tests.benchmarks.batchworkers import workers
from tests.benchmarks.rows import Row, at_least, paired_ratio, table, write

REPORT = Path("build/bench-batch.json")
TARGET = 0.85
ROUNDS = 7
SHARE = 1.0
BARE = "tests.benchmarks.batchworkers"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def throughput(kind: Kind, folder: Path, rounds: int, in_round: int) -> list[Row]:
    """Return how many pictures a second the batch judges here, beside bare work.

    Parameters
    ----------
    kind : Kind
        Of picture.
    folder : Path
        An empty one for files and results.
    rounds, in_round : int
        How often, and how many files each time.
    """
    inputs, what = folder / "in", "crops" if kind.crop else "photos"
    inputs.mkdir()
    ours = ["-m", "maskservice.batch.local", "--in", str(inputs), "--out", str(folder / "out")]
    commands = {
        "batch": [*ours, "--crops"] if kind.crop else ours,
        "bare": ["-m", BARE, "bare", what, str(inputs)],
        "sessions": ["-m", BARE, "sessions", what, str(inputs)],
    }
    pace: dict[str, list[float]] = {name: [] for name in commands}
    busy: dict[str, list[float]] = {name: [] for name in commands}
    with ExitStack() as stack:
        works = {name: stack.enter_context(workers(command, cores())) for name, command in commands.items()}
        for number in range(rounds + 1):  # the first is not counted: it warms up
            paths = lay_out(inputs, kind, f"{number}", in_round)
            for name, work in works.items():
                spent = work(paths)
                if number:
                    pace[name].append(len(paths) / spent.seconds)
                    busy[name].append(spent.processor_s)
    name = f"{kind.name}s"
    return [
        Row(f"{name}: the batch over folders, all cores", median(pace["batch"]), "1/s"),
        Row(f"{name}: bare decoding, finding, classifying", median(pace["bare"]), "1/s"),
        at_least(f"{name}: the batch over bare work", paired_ratio(pace["batch"], pace["bare"]), TARGET),
        Row(f"{name}: the same by processor time", _busy_ratio(busy["bare"], busy["batch"]), "ratio"),
        Row(
            f"{name}: the batch over the sessions alone",
            paired_ratio(pace["batch"], pace["sessions"]),
            "ratio",
        ),
    ]


def _busy_ratio(bare: list[float], batch: list[float]) -> float:
    return paired_ratio(bare, batch) if min(batch) > 0 else 0.0


def run(rounds: int, share: float) -> tuple[list[Row], list[batchhandling.Handled]]:
    """Measure everything.

    Parameters
    ----------
    rounds : int
        Of each measurement.
    share : float
        Of the usual number of files in a round: less of it for a look, not for figures.
    """
    rows = []
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            rows += throughput(kind, Path(folder), rounds, max(cores(), round(kind.in_round * share)))
    handled = batchhandling.measure(min(rounds, 5))
    for told in handled:
        rows += [
            Row(f"{told.kind}: processor time in the function", told.compute_ms, "ms"),
            Row(f"{told.kind}: requests to S3 by the function", told.reads + told.writes, ""),
        ]
    return rows, handled


def main() -> int:
    """Print the tables and write the report."""
    rows, handled = run(ROUNDS, SHARE)
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {cores()} cores, Python {platform.python_version()}\n")
    print(table(rows))
    print(f"\nOne picture in the function, without waiting:\n\n{batchcost.work_table(handled)}")
    trip = batchcost.ROUND_TRIPS_MS[0]
    print(f"\nUS dollars, with {trip:g} ms for a request to S3:\n\n{batchcost.price_table(handled)}")
    manifest = batchcost.manifest_price()
    print(f"\nThe state machine of a manifest costs ${manifest:.2f} a million, instead of SQS.")
    print(f"\nTime by functions at once (*: S3's writes are the limit):\n\n{batchcost.time_table(handled)}")
    write(rows, REPORT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
