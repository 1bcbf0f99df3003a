"""What a benchmark prints and writes: rows with a target or without."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

REPORT = Path("build/bench.json")


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes
    ----------
    name, unit : str
        What was measured, and in what.
    value : float
        The figure.
    target : float or None
        What it must not exceed, or must reach: see `at_most` and `at_least`.
    met : bool or None
        Whether it does; None where there is no target.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    met: bool | None = None


def at_most(name: str, value: float, unit: str, target: float | None) -> Row:
    """Return a row whose value should not pass its target."""
    return Row(name, value, unit, target, None if target is None else value <= target)


def at_least(name: str, value: float, target: float) -> Row:
    """Return a ratio that should reach its target."""
    return Row(name, value, "ratio", target, value >= target)


def interleaved(works: Sequence[Callable[[], object]], seconds: float, least: int = 3) -> list[list[float]]:
    """Time functions in turn, so that a busy machine slows all alike.

    Parameters
    ----------
    works : sequence of callable
        What is timed.
    seconds : float
        How long, for all together.
    least : int
        Rounds that are made however long they take.

    Returns
    -------
    list of list of float
        Milliseconds of each, round by round.
    """
    times: list[list[float]] = [[] for _ in works]
    deadline = perf_counter() + seconds
    while perf_counter() < deadline or len(times[0]) < least:
        for work, kept in zip(works, times, strict=True):
            started = perf_counter()
            work()
            kept.append((perf_counter() - started) * 1000.0)
    return times


def paired_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """Return the median of the ratios of each round."""
    return median(above / below for above, below in zip(numerators, denominators, strict=True))


def table(rows: Sequence[Row]) -> str:
    """Lay the rows out for a terminal."""
    lines = [f"{'what':<66}{'value':>10} {'unit':<8}{'target':>8}  met"]
    for row in rows:
        target = "" if row.target is None else f"{row.target:g}"
        met = {None: "", True: "yes", False: "NO"}[row.met]
        lines.append(f"{row.name:<66}{row.value:>10.3f} {row.unit:<8}{target:>8}  {met}")
    return "\n".join(lines)


def write(rows: Sequence[Row], report: Path = REPORT) -> None:
    """Write the report."""
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
