"""``maskclient image``: judges the faces in picture files."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from maskclient.commands.connection import (
    API_VARIABLE,
    KEY_VARIABLE,
    add_api_options,
    add_detector_option,
    address_of_api,
    client_of,
    messages_console,
)
from maskclient.commands.exitcodes import ALL_WELL, FAILURE, INTERRUPTED, VIOLATION
from maskclient.copies import plan_copies, write_copy
from maskclient.detectors import open_detector
from maskclient.errors import MaskClientError
from maskclient.judge import Judge, PictureReport
from maskclient.overlay import annotate
from maskclient.pictures import PictureFile, find_pictures, read_picture
from maskclient.report import Tally, json_line, messages, table

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


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "image",
        help="judge the faces in picture files",
        description="Find the faces in pictures and judge each one. Only face crops are sent to the API.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="picture, or folder of pictures")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write annotated copies below this folder")
    parser.add_argument("--json", action="store_true", help="print one JSON line per picture, not a table")
    add_api_options(parser)
    add_detector_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judge picture files; see ``maskclient image --help``."""
    pictures = find_pictures(options.paths, skip=options.out)
    readable = [picture.path for picture in pictures if picture.error is None]
    console = messages_console()
    output = _Output(console, options.json, plan_copies(readable, options.out) if options.out else {})
    detector = open_detector(options.detector, options.detector_model)
    try:
        with ExitStack() as stack:
            judge: Judge | None = None
            if readable:
                api = stack.enter_context(address_of_api(options, console))
                judge = Judge(stack.enter_context(client_of(*api)), detector)
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
