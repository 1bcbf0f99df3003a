"""``maskclient doctor``: says what is wrong with this computer, its cameras and the API."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from maskclient.commands.connection import (
    API_VARIABLE,
    KEY_VARIABLE,
    add_api_options,
    add_detector_option,
    address_of_api,
    messages_console,
)
from maskclient.commands.exitcodes import ALL_WELL, FAILURE
from maskclient.doctor import (
    Check,
    check_camera,
    check_detector,
    check_display,
    check_opencv,
    check_python,
    check_settings,
)
from maskclient.doctorapi import check_api
from maskclient.errors import MaskClientError
from maskclient.version import __version__

_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}

_EPILOG = f"""\
examples:
  maskclient doctor
  maskclient doctor 0 rtsp://camera/stream --api https://….amazonaws.com/prod
  maskclient doctor --json | jq '.checks[] | select(.state == "failed")'

environment:
  {API_VARIABLE}      used where --api is not given
  {KEY_VARIABLE}  used where --api-key is not given

exit status:
  {ALL_WELL}  nothing failed; there may be warnings
  {FAILURE}  something failed
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="say what is wrong with this computer, its cameras and the API",
        description="Look at all that the client needs, and say what to do about what is missing.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="number of a webcam, video file, folder of pictures, or stream address",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document, not a table")
    add_api_options(parser)
    add_detector_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look at all that the client needs; see ``maskclient doctor --help``."""
    messages = messages_console()
    with messages.status("Looking"):
        checks = list(_checks(options))
    if options.json:
        well = not any(check.state == "failed" for check in checks)
        document = {"version": __version__, "ok": well, "checks": [asdict(check) for check in checks]}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print_table(checks)
    return FAILURE if any(check.state == "failed" for check in checks) else ALL_WELL


def _checks(options: argparse.Namespace) -> Iterator[Check]:
    yield check_python()
    yield check_opencv()
    yield check_detector(options.detector, options.detector_model)
    yield from map(check_camera, options.sources)
    if not options.sources:
        yield Check("camera", "skipped", "none was named", "To try one: maskclient doctor 0")
    yield check_display()
    yield check_settings()
    try:
        # Quietly: one display is live already, and rich has no more than one.
        with address_of_api(options, Console(quiet=True)) as (address, key):
            yield from check_api(address, key)
    except MaskClientError as error:  # the local function did not start
        yield Check("API", "failed", str(error), "Mend this, or name a running API with --api.")


def _print_table(checks: Sequence[Check]) -> None:
    # Where there is no terminal, nothing limits the width.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    with console.capture() as text:
        console.print(_table(checks))
    print(text.get(), end="")  # by itself, rich would exit with a code of its own where nobody reads


def _table(checks: Sequence[Check]) -> Table:
    table = Table("Check", "State", "What was found", "What to do", box=None, header_style="bold")
    for column in table.columns:
        column.overflow = "fold"
    for check in checks:
        state = Text(check.state, _STYLES[check.state])
        table.add_row(Text(check.name), state, Text(check.said), Text(check.advice or ""))
    return table
