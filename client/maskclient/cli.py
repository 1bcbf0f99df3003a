"""The command line, and the one place that turns errors into exit codes."""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from maskclient.api import MaskCheckClient
from maskclient.copies import plan_copies, write_copy
from maskclient.detectors import DEFAULT_DETECTOR, DETECTORS
from maskclient.errors import MaskClientError
from maskclient.judge import Judge, PictureReport
from maskclient.local import local_service
from maskclient.overlay import annotate
from maskclient.pictures import PictureFile, find_pictures, read_picture
from maskclient.report import Tally, json_line, messages, table
from maskclient.version import __version__

ALL_WELL = 0
VIOLATION = 1
FAILURE = 2
INTERRUPTED = 130
READER_GONE = 141
"""As a shell reports a program that SIGPIPE ended."""

LOCAL = "local"
API_VARIABLE = "MASKCHECK_API"
KEY_VARIABLE = "MASKCHECK_API_KEY"

_EPILOG = f"""\
examples:
  maskclient image photo.jpg
  maskclient image holiday/ --out annotated/
  maskclient image *.jpg --json --api https://….amazonaws.com/prod | jq .faces

environment:
  {API_VARIABLE}      used where --api is not given
  {KEY_VARIABLE}  used where --api-key is not given; other users of this computer
                     cannot see it, unlike a key on the command line

exit status:
  {ALL_WELL}    no violation. Pictures without a face, and faces whose verdict is "uncertain"
       or "rejected" (too small, blurred, not a face), are reported but change nothing.
  {VIOLATION}    at least one face without a mask, or with a mask worn badly
  {FAILURE}    something could not be done: a picture not read, a face not judged, a copy not
       written, the API not reached, or wrong arguments. All else is still done; outranks {VIOLATION}.
  {INTERRUPTED}  interrupted with Ctrl-C
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="maskclient", description="Tell whether people wear a face mask, wear it badly, or wear none."
    )
    parser.add_argument("--version", action="version", version=f"maskclient {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    image = commands.add_parser(
        "image",
        help="judge the faces in picture files",
        description="Find the faces in pictures and judge each one. Only face crops are sent to the API.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    image.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="picture, or folder of pictures")
    image.add_argument("--out", type=Path, metavar="DIR", help="write annotated copies below this folder")
    image.add_argument("--json", action="store_true", help="print one JSON line per picture, not a table")
    image.add_argument(
        "--api",
        metavar="URL",
        help=f'address of the API, or "{LOCAL}" (default) to run it on this computer for the while',
    )
    image.add_argument("--api-key", metavar="KEY", help="key of a deployed API")
    image.add_argument(
        "--detector",
        choices=sorted(DETECTORS),
        default=DEFAULT_DETECTOR,
        help="what finds the faces (default: %(default)s)",
    )
    image.set_defaults(run=run_image)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.
    """
    options = build_parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a file name need not fit the terminal's encoding
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _give_up_stdout()
        return READER_GONE
    except MaskClientError as error:
        _stderr().print(f"maskclient: {error}", markup=False)
        return FAILURE
    except OSError as error:  # a full disk, usually
        _give_up_stdout()
        _stderr().print(f"maskclient: {error}", markup=False)
        return FAILURE
    except Exception:  # a fault of this program; Python's own exit code for it would say "violation"
        traceback.print_exc()
        return FAILURE
    return code


def _give_up_stdout() -> None:
    """Keep Python, which flushes once more at its end, from failing again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_image(options: argparse.Namespace) -> int:
    """Judge picture files; see ``maskclient image --help``."""
    pictures = find_pictures(options.paths, skip=options.out)
    readable = [picture.path for picture in pictures if picture.error is None]
    console = _stderr()
    output = _Output(console, options.json, plan_copies(readable, options.out) if options.out else {})
    detector = DETECTORS[options.detector]()
    try:
        with ExitStack() as stack:
            judge = Judge(stack.enter_context(_connection(options, console)), detector) if readable else None
            progress = stack.enter_context(_progress(console, options.json))
            for report in progress.track(_reports(judge, pictures), total=len(pictures)):
                output.add(report)
    finally:
        output.finish()  # what is known is told, also after Ctrl-C
    return output.exit_code


def _reports(judge: Judge | None, pictures: Sequence[PictureFile]) -> Iterator[PictureReport]:
    if judge is not None:
        return judge.judge(pictures)
    return (PictureReport(picture.path, error=picture.error) for picture in pictures)


class _Output:
    """Tells reports as they come, and the exit code they amount to.

    Parameters
    ----------
    console : Console
        For messages.
    as_json : bool
        JSON lines at once rather than a table in the end.
    copies : mapping of Path to Path
        Where the annotated copy of a picture goes, if one is wanted.
    """

    def __init__(self, console: Console, as_json: bool, copies: Mapping[Path, Path]) -> None:  # noqa: FBT001
        self._console = console
        self._as_json = as_json
        self._copies = copies
        self._reports: list[PictureReport] = []
        self._tally = Tally()

    def add(self, report: PictureReport) -> None:
        """Tell one report, and write the annotated copy."""
        self._tally.add(report)
        for message in messages(report):
            self._console.print(message, markup=False)
        if self._as_json:
            print(json_line(report), flush=True)
        else:
            self._reports.append(report)
        if report.size is not None and report.path in self._copies:
            self._write_copy(report)

    def finish(self) -> None:
        """Tell what is told in the end."""
        if self._reports:
            # Where there is no terminal, nothing limits the width.
            console = _ResultConsole(highlight=False, width=None if sys.stdout.isatty() else 200)
            console.print(table(self._reports, console.width))
            console.print(str(self._tally), markup=False)

    @property
    def exit_code(self) -> int:
        """What the reports amount to."""
        if self._tally.failures:
            return FAILURE
        return VIOLATION if self._tally.verdicts["violation"] else ALL_WELL

    def _write_copy(self, report: PictureReport) -> None:
        try:
            picture = read_picture(report.path)  # again, rather than holding many in memory
            write_copy(annotate(picture.rgb, report.faces), self._copies[report.path])
        except MaskClientError as error:
            self._tally.failures += 1
            self._console.print(f"{report.path}: the annotated copy is missing: {error}", markup=False)


class _ResultConsole(Console):
    """Standard output, whose reader may go away."""

    def on_broken_pipe(self) -> None:
        """Leave the exit code to `main`; rich would exit with 1, which here means a violation."""
        raise BrokenPipeError


@contextmanager
def _connection(options: argparse.Namespace, console: Console) -> Iterator[MaskCheckClient]:
    """Connect to the API that is asked for, or run it here."""
    address = options.api or os.environ.get(API_VARIABLE) or LOCAL
    key = options.api_key or os.environ.get(KEY_VARIABLE) or None
    with ExitStack() as stack:
        if address == LOCAL:
            with console.status("Starting the function on this computer"):
                address, key = stack.enter_context(local_service()).url, None
        try:
            client = MaskCheckClient(address, key)
        except ValueError as error:
            raise MaskClientError(str(error)) from error
        yield stack.enter_context(client)


def _progress(console: Console, as_json: bool) -> Progress:  # noqa: FBT001
    lines_in_the_way = as_json and sys.stdout.isatty()
    return Progress(
        TextColumn("Judging pictures"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,  # standard output is for results alone
        disable=not console.is_terminal or lines_in_the_way,
    )


def _stderr() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)
