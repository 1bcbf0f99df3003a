"""What is told in the end: counts, and some of what went wrong."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from maskclient.batch.answers import Row
from maskclient.report import printable

EXAMPLES = 10

_VERDICTS = ("compliant", "violation", "uncertain", "rejected")


class Summary:
    """Counts rows on their way to the output."""

    def __init__(self) -> None:
        self.pictures = 0
        self.faces = 0
        self.faceless = 0
        self.verdicts: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = defaultdict(list)
        self._last: tuple[str, str | None] | None = None

    def counting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield rows on, which come by picture."""
        for row in rows:
            self._add(row)
            yield row

    def _add(self, row: Row) -> None:
        if row["error"] is not None:
            self.failures[row["error"]] += 1
            examples = self._examples[row["error"]]
            if len(examples) < EXAMPLES:
                examples.append(f"{name_of(row)}: {row['detail']}")
            return
        picture = row["path"], row["member"]
        self.pictures += picture != self._last
        self._last = picture
        if row["face"] is None:
            self.faceless += 1
        else:
            self.faces += 1
            self.verdicts[row["verdict"]] += 1

    def lines(self, seconds: float | None, judged: int) -> Iterator[str]:
        """Yield lines for people.

        Parameters
        ----------
        seconds : float or None
            That the work took; None if it was done before.
        judged : int
            Inputs that were answered meanwhile.
        """
        parts = [counted(self.pictures, "picture"), counted(self.faces, "face")]
        known = [verdict for verdict in _VERDICTS if self.verdicts[verdict]]
        others = sorted(set(self.verdicts) - set(_VERDICTS))
        parts += [f"{self.verdicts[verdict]:,} {printable(verdict)}" for verdict in known + others]
        if self.faceless:
            parts.append(f"{counted(self.faceless, 'picture')} without a face")
        if seconds and judged:
            parts.append(f"{judged / seconds:.1f} per second")
        yield ", ".join(parts)
        for kind, number in sorted(self.failures.items()):
            yield f"{counted(number, 'failure')} of the kind {printable(kind)}:"
            yield from (f"  {printable(example)}" for example in self._examples[kind])
            if number > EXAMPLES:
                yield f"  … and {number - EXAMPLES:,} more"


def name_of(row: Row) -> str:
    """Return a picture's name, as in ``archive.zip!/member.jpg``."""
    return f"{row['path']}!/{row['member']}" if row["member"] else str(row["path"])


def counted(number: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
