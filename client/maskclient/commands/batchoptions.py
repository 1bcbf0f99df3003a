"""The options of ``maskclient batch``, and what its help says besides."""

import argparse
import os
from pathlib import Path

from maskclient.commands.cameraoptions import positive
from maskclient.commands.exitcodes import ALL_WELL, FAILURE, INTERRUPTED, VIOLATION

DEFAULT_TIMEOUT = 2400.0
"""Seconds; a picture whose function was killed is tried again after 2100 (infra/batch.yaml)."""
DEFAULT_THREADS = 16
_MOST_THREADS = 256

EPILOG = f"""\
examples:
  maskclient batch photos/ --local --out answers.csv              with all cores of this computer
  maskclient batch photos/ --bucket s3://my-batch --out answers.parquet
  maskclient batch crops.zip --crops --bucket s3://my-batch --out answers.csv
  maskclient batch photos/ --bucket s3://my-batch --no-wait       only send them
  maskclient batch s3://my-batch/in/photos/job1/ --out answers.jsonl
                                                                  what lies there already

going on:
  Interrupted, killed, or without a network: the same command goes on where it ended. The journal
  (OUT.journal) knows what is sent and answered. A file that has changed is judged anew.

output:
  One row per face, one per picture without a face, one per failure, in the order of paths. CSV, JSON
  lines or Parquet, as the name ends; without --out, JSON lines on standard output. In CSV, a text that
  a spreadsheet would take for a formula begins with an apostrophe.

bucket:
  It is made by infra/batch.yaml. Credentials, region and endpoint are found as for any AWS tool
  (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, …).

exit status:
  {ALL_WELL}    no violation
  {VIOLATION}    at least one face without a mask, or with a mask worn badly
  {FAILURE}    something could not be done: a picture not read, sent or judged, answers missing, wrong
       arguments. All else is still done and written; outranks {VIOLATION}.
  {INTERRUPTED}  interrupted with Ctrl-C, or told to end; the same command goes on
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add all options."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="pictures, archives (.zip, .tar, .tar.gz), folders; or s3://…",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--bucket", metavar="s3://BUCKET", help="send them there; its function answers")
    where.add_argument("--local", action="store_true", help="judge them on this computer")
    parser.add_argument("--crops", action="store_true", help="each picture is the crop of one face")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the table: .csv, .jsonl or .parquet (-: standard output)"
    )
    parser.add_argument(
        "--journal", type=Path, metavar="FILE", help="what is done so far (default: OUT.journal)"
    )
    _add_bucket_options(parser)
    _add_local_options(parser)


def _add_bucket_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("with a bucket")
    group.add_argument("--job", metavar="NAME", help="what it is called there (default: from the folder)")
    group.add_argument("--no-wait", action="store_true", help="only send, and do not wait for answers")
    group.add_argument(
        "--timeout",
        type=positive,
        default=DEFAULT_TIMEOUT,
        metavar="S",
        help="seconds without any new answer after which to stop waiting (default: %(default)g)",
    )
    group.add_argument(
        "--upload-workers",
        type=_threads,
        default=DEFAULT_THREADS,
        metavar="N",
        help="files sent, and answers fetched, at once (default: %(default)s)",
    )
    group.add_argument(
        "--delete-inputs",
        action="store_true",
        help="delete each input in the bucket as soon as it is judged, rather than after the bucket's days",
    )
    group.add_argument("--profile", metavar="NAME", help="of the AWS configuration")
    group.add_argument("--region", metavar="NAME", help="in which the bucket lies")


def _add_local_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("on this computer")
    group.add_argument(
        "--workers", type=_threads, default=cores(), metavar="N", help="default: all cores, here %(default)s"
    )
    group.add_argument(
        "--results", type=Path, metavar="DIR", help="where workers leave their answers (default: OUT.results)"
    )


def cores() -> int:
    """Return how many cores this process may use."""
    usable = getattr(os, "sched_getaffinity", None)  # not every system has it
    return len(usable(0)) if usable else os.cpu_count() or 1


def _threads(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_THREADS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_MOST_THREADS}")
    return int(text)
