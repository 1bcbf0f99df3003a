"""Sends what is to be judged to the bucket, and goes on where an earlier run ended."""

from contextlib import closing
from functools import partial
from pathlib import Path

from maskclient.batch.bucket import Bucket, FileRefused
from maskclient.batch.bucketerrors import BucketTroubled
from maskclient.batch.flow import in_threads
from maskclient.batch.journal import Entry, Journal
from maskclient.batch.objects import Sent
from maskclient.batch.progress import Stage

LONGEST_PATH = 700
"""Bytes below ``in/``. A key has 1,024; the function files the answers to longer ones under other names."""
MOST_TROUBLED = 20
"""After so many troubles in a row, the others need not be tried."""


def upload(journal: Journal, bucket: Bucket, root: Path, prefix: str, threads: int, stage: Stage) -> None:
    """Send every file that is not in the bucket yet.

    Parameters
    ----------
    journal : Journal
        Holds the files, and learns what became of them.
    bucket : Bucket
        Where they go.
    root : Path
        The folder below which they lie.
    prefix : str
        What their keys begin with.
    threads : int
        How many are sent at once.
    stage : Stage
        Is told of each.

    Raises
    ------
    BatchFailed
        If no file can be sent any more.
    """
    troubled = 0
    put = partial(_put, bucket, root, prefix)
    with closing(in_threads(put, journal.entries("found"), threads, bucket.close)) as transfers:
        for entry, future in transfers:
            try:
                sent = future.result()
            except (FileRefused, BucketTroubled) as error:
                journal.problem(entry.path, "not-uploaded", str(error))
                troubled += isinstance(error, BucketTroubled)
                if troubled >= MOST_TROUBLED:
                    raise
            else:
                journal.sent(entry.path, sent.version, sent.day)
                troubled = 0
            stage.advance()
    journal.commit()


def _put(bucket: Bucket, root: Path, prefix: str, entry: Entry) -> Sent:
    key = prefix + entry.path
    if len(key.removeprefix("in/").encode()) > LONGEST_PATH:
        raise FileRefused(f"its path is too long for a bucket: with the job's name over {LONGEST_PATH} bytes")
    return bucket.put(root / entry.path, key)
