"""A batch that goes through a bucket: sent, waited for, collected."""

from itertools import islice
from pathlib import Path

from rich.console import Console

from maskclient.batch.bucket import Bucket
from maskclient.batch.collecting import Collector, collect
from maskclient.batch.journal import Journal
from maskclient.batch.progress import stage
from maskclient.batch.summary import counted
from maskclient.batch.uploading import LONGEST_PATH, upload
from maskclient.errors import BatchFailed
from maskclient.report import printable

_EXAMPLES = 5


class RemoteBatch:
    """A batch of one prefix of a bucket.

    Parameters
    ----------
    journal : Journal
        Knows what is done.
    bucket : Bucket
        Where the inputs go and the answers appear.
    prefix : str
        What the keys of the inputs begin with, such as ``in/photos/job/``.
    console : Console
        For messages.
    threads : int
        How many transfers run at once.
    """

    def __init__(self, journal: Journal, bucket: Bucket, prefix: str, console: Console, threads: int) -> None:
        self._journal = journal
        self._bucket = bucket
        self._prefix = prefix
        self._console = console
        self._threads = threads
        self.undeleted: dict[str, str] = {}

    @property
    def address(self) -> str:
        """Where the inputs lie."""
        return f"s3://{self._bucket.name}/{self._prefix}"

    def send(self, root: Path) -> None:
        """Send the files that are not in the bucket yet.

        Parameters
        ----------
        root : Path
            The folder below which they lie.

        Raises
        ------
        BatchFailed
            If no file can be sent any more.
        """
        with stage(self._console, "Sending", self._journal.count("found")) as sending:
            upload(self._journal, self._bucket, root, self._prefix, self._threads, sending)

    def find(self, prefix: str) -> None:
        """Note what lies in the bucket already.

        Parameters
        ----------
        prefix : str
            What its keys begin with: that of this batch, or a longer one.

        Raises
        ------
        BatchFailed
            If nothing lies there, and the journal knows of nothing that did.
        """
        with self._console.status(f"Looking what lies below {self.address}"):
            for lying in self._bucket.lying(prefix):
                path = lying.key.removeprefix(self._prefix)
                self._journal.add_sent(path, lying.version, lying.day)
                if len(lying.key.removeprefix("in/").encode()) > LONGEST_PATH:
                    self._journal.problem(path, "long-path", "its path is too long to look for its answer")
        self._journal.commit()
        if not self._journal.count("sent", "done"):
            raise BatchFailed(
                f"Nothing lies below s3://{self._bucket.name}/{prefix}. Inputs are deleted some days after "
                "they came; their answers stay below out/."
            )

    def collect(self, timeout: float, *, delete: bool) -> None:
        """Wait for the answers, collect them, and tell if some stay away.

        Parameters
        ----------
        timeout : float
            Seconds without any new answer after which to stop.
        delete : bool
            Delete each input that is judged.

        Raises
        ------
        BatchFailed
            If the bucket cannot be read.
        """
        with stage(self._console, "Collecting answers", self._journal.count("sent")) as collecting:
            collector = Collector(
                self._journal, self._bucket, self._prefix, self._threads, collecting, delete=delete
            )
            complete = collect(collector, self._journal, timeout)
        self.undeleted = collector.undeleted
        if not complete:
            waiting = counted(self._journal.count("sent"), "input")
            missing = [printable(entry.path) for entry in islice(self._journal.entries("sent"), _EXAMPLES)]
            self._console.print(
                f"No new answer came for {timeout:g} s; missing are those to {waiting} below {self.address}, "
                f"such as {', '.join(missing)}. The same command goes on waiting; the alarms and the log of "
                "the batch function tell why there are none.",
                markup=False,
            )
