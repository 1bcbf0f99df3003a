"""What a million pictures through a bucket cost and how long they take, by measured work and list prices."""

from collections.abc import Iterable, Sequence
from math import ceil, sqrt

from tests.benchmarks.batchhandling import Handled
from tests.benchmarks.cost import LAMBDA_GB_SECOND, LAMBDA_REQUEST, MEMORY_GB

# List prices in US dollars of us-east-1 as published in 2026 on aws.amazon.com under s3/pricing, sqs/pricing
# and step-functions/pricing, first tier, without free tiers and tax. Logs, alarms, queries and the storage of
# results are not in them. A request for what is not there costs as much as another.
S3_WRITE = 0.005e-3
S3_READ = 0.0004e-3
S3_GB_MONTH = 0.023
SQS_REQUEST = 0.40e-6
STATE_TRANSITION = 0.025e-3

ROUND_TRIPS_MS = (30.0, 100.0)
"""Time of a request to S3 until its answer begins. The first is assumed; the second is what AWS itself names
("roughly 100-200 milliseconds" for small objects, Amazon S3 User Guide, "Performance design patterns")."""

S3_MB_S = 85.0
"""What one request carries in a second (Amazon S3 User Guide, "Performance guidelines": 85-90 MB/s)."""

S3_WRITES_S = 3500
"""Writes that S3 takes in a second before it has split a prefix (the same guidelines: "at least 3,500")."""

POLLERS_FIRST, POLLERS_MINUTE = 5, 300
"""Batches that Lambda works at at first, and by how many more each minute (Lambda Developer Guide,
"Configuring scaling behavior for SQS event source mappings")."""

IN_BATCH = 10
"""BatchSize of infra/batch.yaml, and also how many messages SQS gives or deletes at once."""

IN_ARCHIVE = 1000
IN_MAP = 100
"""MaxItemsPerBatch of infra/batch.yaml."""

TRANSITIONS = 2
"""Of a batch of a manifest: into the task, and to the end."""

STORED_DAYS = 3
"""At most, with InputDays=1: until the midnight after, a day as an old version, until the midnight after."""

CONCURRENCIES = (10, 100, 1000)
AMOUNTS = {"1 million": 1_000_000, "100 million": 100_000_000}


def seconds(told: Handled, round_trip_ms: float) -> float:
    """Return the function's time for a picture, waiting for S3 included."""
    waiting_ms = (told.reads + told.writes) * round_trip_ms + told.kilobytes / S3_MB_S
    return (told.compute_ms + waiting_ms) / 1000.0


def prices(told: Handled, round_trip_ms: float) -> dict[str, float]:
    """Return the price of a million pictures by what it is paid for, in US dollars.

    Parameters
    ----------
    told : Handled
        What one takes.
    round_trip_ms : float
        Of a request to S3.
    """
    inputs = 1 / IN_ARCHIVE if "archive" in told.kind else 1.0
    calls = inputs if inputs < 1 else inputs / IN_BATCH
    gigabytes = told.kilobytes / 1e6
    each = {
        "upload": inputs * S3_WRITE,
        "storage": gigabytes * S3_GB_MONTH * STORED_DAYS / 30,
        "Lambda": calls * LAMBDA_REQUEST + seconds(told, round_trip_ms) * MEMORY_GB * LAMBDA_GB_SECOND,
        "S3": told.reads * S3_READ + (told.writes + calls) * S3_WRITE,
        "SQS": inputs * (1 + 2 / IN_BATCH) * SQS_REQUEST,
    }
    return {name: price * 1e6 for name, price in each.items()}


def manifest_price() -> float:
    """Return what the state machine costs for a million pictures, instead of SQS."""
    return 1e6 / IN_MAP * TRANSITIONS * STATE_TRANSITION


def duration_s(told: Handled, round_trip_ms: float, pictures: int, concurrency: int) -> tuple[float, bool]:
    """Return how long pictures take, and whether it is S3 that takes no more at once.

    Parameters
    ----------
    told : Handled
        What one takes.
    round_trip_ms : float
        Of a request to S3.
    pictures : int
        How many.
    concurrency : int
        Functions at a time.
    """
    work = pictures * seconds(told, round_trip_ms)
    first, pace = min(POLLERS_FIRST, concurrency), POLLERS_MINUTE / 60
    rise = (concurrency - first) / pace
    in_rise = (first + concurrency) / 2 * rise
    if work < in_rise:
        functions = (sqrt(first**2 + 2 * pace * work) - first) / pace
    else:
        functions = rise + (work - in_rise) / concurrency
    writes = pictures * told.writes / S3_WRITES_S
    return max(functions, writes), writes > functions


def price_table(handled: Sequence[Handled]) -> str:
    """Lay the prices out in Markdown."""
    slow = ROUND_TRIPS_MS[1]
    lines = [
        "| a million of | upload | storage | Lambda | S3 | SQS | together | 100 million "
        f"| a million at {slow:g} ms |",
        "|---|" + "---:|" * 8,
    ]
    for told in handled:
        paid = prices(told, ROUND_TRIPS_MS[0])
        together, slower = sum(paid.values()), sum(prices(told, slow).values())
        cells = [f"${price:.2f}" for price in [*paid.values(), together]]
        cells += [f"${together * 100:,.0f}", f"${slower:.2f}"]
        lines.append(f"| {_plural(told)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def time_table(handled: Sequence[Handled]) -> str:
    """Lay the times out in Markdown."""
    heads = [f"{amount} at {concurrency}" for amount in AMOUNTS for concurrency in CONCURRENCIES]
    lines = [f"| | ms each | {' | '.join(heads)} |", "|---|" + "---:|" * (1 + len(heads))]
    for told in handled:
        cells = [f"{seconds(told, ROUND_TRIPS_MS[0]) * 1000:.0f}"]
        for pictures in AMOUNTS.values():
            for concurrency in CONCURRENCIES:
                spent, bound = duration_s(told, ROUND_TRIPS_MS[0], pictures, concurrency)
                cells.append(_time(spent) + ("*" if bound else ""))
        lines.append(f"| {_plural(told)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def work_table(handled: Iterable[Handled]) -> str:
    """Lay out in Markdown what the two tables above are made from."""
    lines = ["| | kB | ms of work | requests to read | to write |", "|---|---:|---:|---:|---:|"]
    for told in handled:
        cells = [f"{told.kilobytes:.0f}", f"{told.compute_ms:.1f}", f"{told.reads:.2f}", f"{told.writes:.2f}"]
        lines.append(f"| {told.kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _plural(told: Handled) -> str:
    if "archive" in told.kind:
        return f"crops in zips of {IN_ARCHIVE:,}"
    return f"{told.kind}s"


def _time(spent: float) -> str:
    if spent < 5400:
        return f"{ceil(spent / 60)} min"
    if spent < 172_800:
        return f"{spent / 3600:.1f} h"
    return f"{spent / 86_400:.1f} days"
