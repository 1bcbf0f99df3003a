"""What a batch has done so far, in a file that survives a kill at any moment."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from pathlib import Path

from maskclient.batch.answers import COLUMNS, Row, failure_row
from maskclient.batch.inputs import Input, Unusable
from maskclient.batch.journalfile import JournalFile
from maskclient.batch.journalschema import DELETED, LAYOUT, REFUSED, SCHEMA
from maskclient.errors import BatchFailed

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """An input as the journal knows it.

    Attributes
    ----------
    path : str
        Below the common folder.
    state : str
        ``found``, ``sent`` or ``done``.
    version, day : str or None
        Of the object that was sent, if it was.
    """

    path: str
    state: str
    version: str | None
    day: str | None


class Journal(JournalFile):
    """A batch's inputs and answers.

    A million pictures do not have to fit into memory. Used by one thread.

    Parameters
    ----------
    file : Path
        Made where there is none.

    Raises
    ------
    BatchFailed
        If it cannot be used: another run holds it, or it is something else.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(file, SCHEMA, LAYOUT)

    def bind(self, **facts: str) -> None:
        """Hold the journal to one job.

        Raises
        ------
        BatchFailed
            If it belongs to another one.
        """
        for name, value in facts.items():
            self._write("INSERT OR IGNORE INTO facts VALUES (?, ?)", (name, value))
            known = self.fact(name)
            if known != value:
                raise BatchFailed(
                    f"The journal {self._file} belongs to another job: its {name} is {known}, not {value}. "
                    "Name another --out; or another --journal, and with --local another --results too."
                )
        self.commit()

    def fact(self, name: str) -> str | None:
        """Return what is bound, or None."""
        found = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else None

    def add(self, found: Input) -> None:
        """Note a file; one that has changed since it was last noted is to be done anew."""
        known = self._database.execute(
            "SELECT size, mtime_ns FROM inputs WHERE path = ?", (found.path,)
        ).fetchone()
        if known == (found.size, found.mtime_ns):
            return
        self._forget(found.path)
        self._write(
            "INSERT INTO inputs (path, size, mtime_ns, state) VALUES (?, ?, ?, 'found')",
            (found.path, found.size, found.mtime_ns),
        )

    def add_sent(self, path: str, version: str, day: str) -> None:
        """Note an object that lies in the bucket; another version of it is to be done anew."""
        known = self.entry(path)
        if known is not None and known.version == version:
            return
        self._forget(path)
        self._write(
            "INSERT INTO inputs (path, state, version, day) VALUES (?, 'sent', ?, ?)", (path, version, day)
        )

    def add_unusable(self, unusable: Unusable) -> None:
        """Note what was meant and cannot be taken."""
        # What is answered already stays so.
        self._write(
            "INSERT OR IGNORE INTO inputs (path, state, error, detail) VALUES (?, 'unusable', ?, ?)",
            (unusable.path, unusable.type, unusable.detail),
        )

    def _forget(self, path: str) -> None:
        self._write("DELETE FROM inputs WHERE path = ?", (path,))
        self._write("DELETE FROM answers WHERE path = ?", (path,))
        self._write("DELETE FROM rows WHERE path = ?", (path,))

    def forget_problems(self) -> None:
        """Begin a run: what could not be done in the last one is looked for, and tried, again."""
        self._write("DELETE FROM inputs WHERE state IN ('found', 'unusable')")
        self._write("UPDATE inputs SET error = NULL, detail = NULL WHERE state = 'sent'")
        self._write("UPDATE inputs SET deleted = 0 WHERE deleted = ?", (REFUSED,))
        self.commit()

    def sent(self, path: str, version: str, day: str) -> None:
        """Note that a file lies in the bucket."""
        self._write(
            "UPDATE inputs SET state = 'sent', version = ?, day = ? WHERE path = ?", (version, day, path)
        )

    def problem(self, path: str, error: str, detail: str) -> None:
        """Note why an input cannot be done in this run."""
        self._write("UPDATE inputs SET error = ?, detail = ? WHERE path = ?", (error, detail, path))

    def has(self, path: str, tail: str = "") -> bool:
        """Say whether an answer is known; ``tail`` tells the members of an archive apart."""
        query = "SELECT 1 FROM answers WHERE path = ? AND tail = ?"
        return self._database.execute(query, (path, tail)).fetchone() is not None

    def answer(self, path: str, rows: Iterable[Row], tail: str = "", *, failed: bool = False) -> None:
        """Note an answer. Of an answer and a failure about one picture the answer counts."""
        if not failed:
            self._write("DELETE FROM rows WHERE path = ? AND tail = ?", (path, tail))
        for number, row in enumerate(rows):
            cells = json.dumps([row[name] for name in COLUMNS])
            self._write("INSERT OR IGNORE INTO rows VALUES (?, ?, ?, ?)", (path, tail, number, cells))
        self._write("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (path, tail, failed))

    def expect(self, path: str, members: int) -> None:
        """Note how many members an archive's own record promises an answer for."""
        self._write("UPDATE inputs SET expected = ? WHERE path = ?", (members, path))

    def done(self, path: str) -> None:
        """Note that an input has all its answers."""
        self._write("UPDATE inputs SET state = 'done', error = NULL, detail = NULL WHERE path = ?", (path,))

    def whole(self) -> list[str]:
        """Return inputs that are answered and not noted as done: a run ended between the two."""
        query = (
            "SELECT path FROM inputs JOIN answers USING (path) "
            "WHERE state = 'sent' AND tail = '' AND (failed OR expected IS NULL)"
        )
        return [path for (path,) in self._database.execute(query)]

    def complete_archives(self) -> list[str]:
        """Return the archives that have their record and as many answers as it promises."""
        return [
            path
            for path, expected in self._database.execute(
                "SELECT path, expected FROM inputs WHERE state = 'sent' AND expected IS NOT NULL"
            ).fetchall()
            if self.members(path) >= expected
        ]

    def members(self, path: str) -> int:
        """Return how many members of an archive are answered."""
        query = "SELECT count(*) FROM answers WHERE path = ? AND tail <> ''"
        return int(self._database.execute(query, (path,)).fetchone()[0])

    def entry(self, path: str) -> Entry | None:
        """Return an input, or None if it is not known."""
        found = self._database.execute(
            "SELECT path, state, version, day FROM inputs WHERE path = ?", (path,)
        ).fetchone()
        return Entry(*found) if found else None

    def count(self, *states: str) -> int:
        """Return how many inputs are in one of these states and have no problem."""
        query = "SELECT count(*) FROM inputs WHERE state = ? AND error IS NULL"
        return sum(int(self._database.execute(query, (state,)).fetchone()[0]) for state in states)

    def entries(self, state: str) -> Iterator[Entry]:
        """Yield the inputs in a state by path; they may be changed meanwhile."""
        last = ""
        while chunk := self._database.execute(
            "SELECT path, state, version, day FROM inputs WHERE state = ? AND path > ? ORDER BY path LIMIT ?",
            (state, last, CHUNK),
        ).fetchall():
            yield from (Entry(*found) for found in chunk)
            last = chunk[-1][0]

    def first_day(self) -> str | None:
        """Return the day on which the first input was sent for whose answer is waited."""
        (day,) = self._database.execute("SELECT min(day) FROM inputs WHERE state = 'sent'").fetchone()
        return day  # type: ignore[no-any-return]

    def deletable(self) -> list[tuple[str, str]]:
        """Return path and version of inputs that are judged wholly and to be deleted from the bucket."""
        return self._database.execute(
            "SELECT path, version FROM inputs WHERE state = 'done' AND NOT deleted AND NOT EXISTS "
            "(SELECT 1 FROM answers WHERE answers.path = inputs.path AND failed) LIMIT ?",
            (CHUNK,),
        ).fetchall()

    def deleted(self, path: str, state: int = DELETED) -> None:
        """Note that an input was deleted from the bucket, or that this was refused (``REFUSED``)."""
        self._write("UPDATE inputs SET deleted = ? WHERE path = ?", (state, path))

    def rows(self) -> Iterator[Row]:
        """Yield all rows by path, member and face, with one for each input that has no full answer."""
        answered = (
            (path, tail, dict(zip(COLUMNS, json.loads(cells), strict=True)))
            for path, tail, cells in self._database.execute(
                "SELECT path, tail, cells FROM rows ORDER BY path, tail, face"
            )
        )
        missing = (
            (
                path,
                "",
                failure_row(path, version, error or "no-answer", detail or self._missing(path, expected)),
            )
            for path, version, error, detail, expected in self._database.execute(
                "SELECT path, version, error, detail, expected FROM inputs "
                "WHERE state <> 'done' ORDER BY path"
            )
        )
        for _, _, row in merge(answered, missing, key=lambda item: item[:2]):
            yield row

    def problems(self) -> Iterator[Row]:
        """Yield a row for each input that could not be done in this run, by path."""
        for path, error, detail in self._database.execute(
            "SELECT path, error, detail FROM inputs WHERE error IS NOT NULL ORDER BY path"
        ):
            yield failure_row(path, None, error, detail)

    def _missing(self, path: str, expected: int | None) -> str:
        if expected is None and not self.members(path):
            return "there is no answer yet"
        of_all = "" if expected is None else f" of {expected}"
        return f"there are answers for {self.members(path)}{of_all} members yet"
