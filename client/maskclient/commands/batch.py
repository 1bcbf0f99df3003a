"""``maskclient batch``: judges many pictures, through a bucket or with all cores of this computer."""

import argparse
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from maskclient.batch.inputs import Input, InputFinder, common_folder, readable
from maskclient.batch.jobs import Files, S3Place, checked_job, files_of, job_of, s3_place
from maskclient.batch.journal import Journal
from maskclient.batch.local import LocalBatch
from maskclient.batch.progress import stage
from maskclient.batch.summary import EXAMPLES, Summary, counted
from maskclient.batch.workerprocess import worker_arguments
from maskclient.batch.workers import Workers
from maskclient.batch.writing import check_out, write_rows
from maskclient.commands.batchoptions import EPILOG, add_options
from maskclient.commands.connection import messages_console
from maskclient.commands.exitcodes import ALL_WELL, FAILURE, VIOLATION
from maskclient.commands.termination import end_on_termination
from maskclient.errors import BatchFailed, ConfigurationInvalid
from maskclient.report import printable

if TYPE_CHECKING:
    from maskclient.batch.remote import RemoteBatch

_PHOTOS = "in/photos/"
_CROPS = "in/crops/"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "batch",
        help="judge many pictures, through a bucket or with all cores",
        description=(
            "Judge whole folders and archives of pictures and write a table of the answers. With --bucket\n"
            "the pictures themselves go to your AWS account; with --local nothing leaves this computer."
        ),
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judge many pictures; see ``maskclient batch --help``."""
    end_on_termination()
    there = _checked(options)
    paths = [] if there else [Path(path) for path in options.paths]
    root = Path() if there else common_folder(paths)
    job = checked_job(options.job) if options.job else job_of(options.paths[0] if there else str(root))
    files = files_of(job, options.out, options.journal, options.results)
    check_out(files.out)
    with Journal(files.journal) as journal:
        session = _Session(options, files, journal, messages_console())
        try:
            if there is not None:
                session.collect_there(there)
            elif options.local:
                session.judge_here(paths, root)
            else:
                session.send(paths, root, job)
        except KeyboardInterrupt:
            session.tell_interruption()
            raise
        return session.finish_sending() if options.no_wait else session.finish()


def _checked(options: argparse.Namespace) -> S3Place | None:
    """Return the address that is asked for, if it is one, or raise for options that do not go together."""
    places = [place for place in map(s3_place, options.paths) if place is not None]
    alone = not (options.local or options.bucket or options.no_wait or options.crops or options.job)
    if places and (len(options.paths) > 1 or not alone):
        raise ConfigurationInvalid(
            "An s3:// address stands alone: what lies there is waited for and collected."
        )
    if places and not places[0].key.startswith("in/"):
        raise ConfigurationInvalid("The inputs of a bucket lie below in/: write s3://BUCKET/in/….")
    if not places and not options.local and not options.bucket:
        raise ConfigurationInvalid("Say where: --local for this computer, or --bucket s3://BUCKET.")
    if options.local and (options.no_wait or options.delete_inputs or options.job):
        raise ConfigurationInvalid("--no-wait, --delete-inputs and --job are for a bucket, not for --local.")
    return places[0] if places else None


class _Session:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace, files: Files, journal: Journal, console: Console) -> None:
        self._options = options
        self._files = files
        self._journal = journal
        self._console = console
        journal.forget_problems()
        self._done_before = journal.count("done")
        self._started = time.monotonic()
        self._undeleted: dict[str, str] = {}

    def judge_here(self, paths: list[Path], root: Path) -> None:
        """Judge files with all cores of this computer."""
        crops = self._options.crops
        self._journal.bind(folder=readable(str(root)), form="crops" if crops else "photos", place="local")
        self._find(paths, root)
        self._files.results.mkdir(parents=True, exist_ok=True)
        arguments = worker_arguments(root, self._files.results, crops=crops)
        workers = Workers(self._options.workers, arguments)
        with stage(self._console, "Judging", self._journal.count("found")) as judging:
            LocalBatch(self._journal, root, self._files.results, judging, crops=crops).run(workers)

    def send(self, paths: list[Path], root: Path, job: str) -> None:
        """Send files to the bucket, and collect the answers."""
        place = s3_place(self._options.bucket) or S3Place(self._options.bucket, "")
        if place.key:
            raise ConfigurationInvalid(
                "--bucket names a bucket alone; --job says below which name files lie there."
            )
        batch = self._remote(place.bucket, f"{_CROPS if self._options.crops else _PHOTOS}{job}/")
        self._journal.bind(folder=readable(str(root)), place=batch.address)
        self._find(paths, root)
        batch.send(root)
        if self._options.no_wait:
            self._tell(f"{counted(self._journal.count('sent', 'done'), 'input')} went to {batch.address}")
        else:
            self._collect(batch)

    def collect_there(self, place: S3Place) -> None:
        """Collect the answers about what lies in the bucket already."""
        folder = place.key[: place.key.rindex("/") + 1]
        batch = self._remote(place.bucket, folder)
        self._journal.bind(place=f"s3://{place.bucket}/{place.key}")
        batch.find(place.key)
        self._collect(batch)

    def _collect(self, batch: "RemoteBatch") -> None:
        batch.collect(self._options.timeout, delete=self._options.delete_inputs)
        self._undeleted = batch.undeleted

    def _remote(self, name: str, prefix: str) -> "RemoteBatch":
        try:
            from maskclient.batch.bucket import Bucket
            from maskclient.batch.remote import RemoteBatch
        except ImportError as error:
            raise BatchFailed(
                "A bucket needs boto3, which is not installed. Run: pip install boto3"
            ) from error
        options, threads = self._options, self._options.upload_workers
        bucket = Bucket(name, threads, options.profile, options.region, only_writing=options.no_wait)
        return RemoteBatch(self._journal, bucket, prefix, self._console, threads)

    def _find(self, paths: list[Path], root: Path) -> None:
        finder = InputFinder(paths, root, self._files.all)
        with self._console.status("Looking for pictures"):
            for found in finder:
                if isinstance(found, Input):
                    self._journal.add(found)
                else:
                    self._journal.add_unusable(found)
        self._journal.commit()
        if str(finder.left_out):
            self._tell(f"Left out: {finder.left_out}.")
        if not self._journal.count("found", "sent", "done") and not any(self._journal.problems()):
            raise BatchFailed(f"There is no picture and no archive to judge in {root}.")

    def tell_interruption(self) -> None:
        """Say how to go on."""
        done, left = self._journal.count("done"), self._journal.count("found", "sent")
        self._tell(f"Interrupted: {done:,} done, {left:,} to go. The same command goes on from here.")

    def finish_sending(self) -> int:
        """Tell what could not be sent, and return the exit code."""
        problems = 0
        for row in self._journal.problems():
            problems += 1
            if problems <= EXAMPLES:
                self._tell(f"{row['path']}: {row['detail']}")
        if problems:
            self._tell(f"{counted(problems, 'file')} could not be sent.")
        return FAILURE if problems else ALL_WELL

    def finish(self) -> int:
        """Write the table, tell what is in it, and return the exit code."""
        seconds = time.monotonic() - self._started
        summary = Summary()
        write_rows(summary.counting(self._journal.rows()), self._files.out)
        for line in summary.lines(seconds, self._journal.count("done") - self._done_before):
            self._tell(line)
        for key, reason in islice(self._undeleted.items(), EXAMPLES):
            self._tell(f"{key} was not deleted: {reason}")
        if summary.failures or self._undeleted:
            return FAILURE
        return VIOLATION if summary.verdicts["violation"] else ALL_WELL

    def _tell(self, message: str) -> None:
        self._console.print(printable(message), markup=False)
