"""Works through an archive: each member by itself, and in as many invocations as it takes."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

from maskservice.batch.documents import Document
from maskservice.batch.faults import ArchiveFault, GaveUp, Unsettled
from maskservice.batch.keys import Source
from maskservice.batch.members import ArchiveLimits, Member, members
from maskservice.batch.messages import Delivery, Progress
from maskservice.batch.recording import Settled
from maskservice.batch.store import Input
from maskservice.batch.tally import Tally
from maskservice.telemetry import logger

_PIECE = 1 << 20
_Judge = Callable[[Source, Callable[[], bytes]], Settled]


@dataclass
class ArchiveWork:
    """The work at one archive in one invocation.

    Attributes
    ----------
    delivery : Delivery
        The archive, and how far it has come before.
    source : Source
        The same in the version that is read.
    limits : ArchiveLimits
        How much is read.
    tally : Tally
        Gets the counts.
    interrupted : bool
        Whether it ended early because of something that may pass.
    """

    delivery: Delivery
    source: Source
    limits: ArchiveLimits
    tally: Tally
    interrupted: bool = False

    def __post_init__(self) -> None:
        self._counts = self.delivery.progress

    def run(
        self,
        opened: Input,
        judge: _Judge,
        is_short: Callable[[], bool],
    ) -> Progress | None:
        """Judge the members that are left, at least one of them.

        Parameters
        ----------
        opened : Input
            The archive.
        judge : callable
            Settles a member, given how to read it.
        is_short : callable
            Tells whether the time is nearly up.

        Returns
        -------
        Progress or None
            Where to go on, in a message of its own, as the time is up, or as something may pass that a
            member met. None where nothing is left.

        Raises
        ------
        ArchiveFault
            If the rest cannot be read.
        Unsettled
            If the first of these members must come again. Whoever made progress asks for the rest in a
            new message, which may come as often as any.
        """
        first = self._counts.first
        with _seekable(opened) as file:
            for number, member in enumerate(members(file, self.source.key, self.limits)):
                if number < first:
                    continue
                if number > first and is_short():
                    return self._counts
                try:
                    spent = self._settle(member, judge)
                except Unsettled:
                    if number == first:
                        raise
                    self.interrupted = True
                    return self._counts
                if spent:
                    return self._counts
        return None

    def account(self) -> Document:
        """Return what became of the archive's members, for the store."""
        counts = self._counts
        return {
            "kind": "archive",
            "path": self.source.path,
            "source": self.source.told(),
            "members": counts.first,
            "judged": counts.judged,
            "failed": counts.failed,
            "skipped": counts.skipped,
        }

    def _settle(self, member: Member, judge: _Judge) -> bool:
        """Settle a member; return whether the rest deserves a message of its own.

        It does where this message has come so often that its next fault would be its last, through
        no fault of the members behind.
        """
        counts = self._counts
        judged, failed, skipped = counts.judged, counts.failed, counts.skipped
        spent = False
        if member.read is None:
            skipped += 1
            self.tally.skipped += 1
        else:
            settled = self._judged(member, member.read, judge)
            self.tally.count(settled)
            judged += not settled.failed
            failed += settled.failed
            spent = (
                settled.failed
                and not settled.again
                and bool(settled.document["error"]["type"] == GaveUp.problem_type)
            )
        self._counts = Progress(counts.first + 1, judged, failed, skipped)
        return spent

    def _judged(
        self,
        member: Member,
        read: Callable[[], bytes],
        judge: _Judge,
    ) -> Settled:
        try:
            return judge(self.source.of_member(member.name, member.filed), read)
        except ArchiveFault:
            raise
        except Exception as error:
            logger.warning("a member must come again", extra={"fields": {"detail": str(error)}})
            raise Unsettled(f"A member of the archive must come again: {error}") from error


@contextmanager
def _seekable(opened: Input) -> Iterator[IO[bytes]]:
    """Return an archive as a file: as it is, or copied to one that nobody else sees."""
    if getattr(opened.body, "seekable", bool)():
        yield cast(IO[bytes], opened.body)
        return
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(opened.body, file, _PIECE)
        file.seek(0)
        yield file
