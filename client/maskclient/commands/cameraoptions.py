"""The options of ``maskclient camera``, and those that ``maskclient wall`` shares with it."""

import argparse
import re
from pathlib import Path

from maskclient.alerts.broker import DEFAULT_TOPIC
from maskclient.camera.asking import INTERVAL
from maskclient.commands.connection import add_api_options, add_detector_option

_LEAST_SIDE = 64
"""Pixels below which no picture is worth looking at."""

EPILOG = """\
examples:
  maskclient camera                                   the first webcam
  maskclient camera 0 rtsp://user:password@10.0.0.7/1 --api https://….amazonaws.com/prod
  maskclient camera door.mp4 --headless --stats | jq
  maskclient camera 0 --mqtt mqtt://10.0.0.2 --webhook https://door.example/hook

keys in the window:
  q quit   s snapshot   p pause   l labels on or off   f full screen

settings:
  Every option can stand in maskclient.toml, in the folder where the command is started, and in the
  environment: --alert-after 5 is "alert-after = 5" below [camera], and MASKCHECK_ALERT_AFTER=5. The
  command line wins over the environment, and that over the file. Keys and passwords belong into the
  environment: other users of this computer see the command line.

exit status:
  0  ended by the person, by --duration, or with the last source
  2  no camera could be opened, the API was not reached at the start, or wrong options
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add them all."""
    add_sources(parser)
    add_picture_options(parser)
    add_detector_option(parser)
    add_api_options(parser)
    add_interval_option(parser)
    _add_output_options(parser)
    alerts = add_alert_options(parser)
    alerts.add_argument("--publish", metavar="URL", help="show the cameras on this wall: ws(s)://host:port")
    alerts.add_argument("--token", metavar="TOKEN", help="that of the wall")
    add_config_option(parser)


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Add the sources, by default the first webcam."""
    parser.add_argument(
        "sources",
        nargs="*",
        default=["0"],
        metavar="SOURCE",
        help=(
            "webcam number (default: 0), video file, folder of pictures, http(s) or rtsp(s) address; "
            "with a name before it if you like: door=0"
        ),
    )


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    """Add what is done with the picture, and for how long."""
    add_switch(parser, "--flip", "mirror the picture")
    parser.add_argument(
        "--size", type=_size, metavar="WxH", help="ask a webcam for this size; scale other sources down to it"
    )
    parser.add_argument("--fps", type=positive, metavar="N", help="frames per second at most")
    parser.add_argument("--duration", type=positive, metavar="S", help="end after so many seconds")


def add_interval_option(parser: argparse.ArgumentParser) -> None:
    """Add how often a settled face is asked about."""
    parser.add_argument(
        "--interval",
        type=positive,
        default=INTERVAL,
        metavar="S",
        help="seconds between questions about a face whose verdict is settled (default: %(default)g)",
    )


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add the file that the other options may stand in; see `maskclient.settings`."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings (default: maskclient.toml if it is there)"
    )


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    add_switch(parser, "--headless", "print JSON lines instead of a window")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the annotated video (.mp4)")
    parser.add_argument(
        "--snapshots", type=Path, default=Path(), metavar="DIR", help="where the key s saves (default: here)"
    )
    add_switch(parser, "--stats", "end with a summary")


def add_alert_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add when something is an event, and where events go; return the group for what else belongs there."""
    alerts = parser.add_argument_group("alerts")
    alerts.add_argument(
        "--alert-after",
        type=positive,
        default=3.0,
        metavar="S",
        help="seconds for which a violation lasts before it is told, once per person (default: %(default)g)",
    )
    alerts.add_argument(
        "--admit-after",
        type=positive,
        default=2.0,
        metavar="S",
        help='seconds of a mask worn well before the event "admit" (default: %(default)g)',
    )
    alerts.add_argument("--webhook", metavar="URL", help="post each event there as JSON")
    alerts.add_argument("--webhook-secret", metavar="SECRET", help="sign what is posted (HMAC-SHA256)")
    alerts.add_argument("--mqtt", metavar="URL", help="publish to this broker: mqtt(s)://user@host:port")
    alerts.add_argument("--mqtt-password", metavar="PASSWORD", help="password of that user")
    alerts.add_argument(
        "--mqtt-topic",
        default=DEFAULT_TOPIC,
        metavar="TOPIC",
        help="where all topics begin; another for each program (default: %(default)s)",
    )
    add_switch(alerts, "--sound", "play a sound at a violation")
    return alerts


def add_switch(parser: argparse._ActionsContainer, name: str, text: str, *, default: bool = False) -> None:
    """Add an option and its opposite, with which the command line can undo what the file says."""
    parser.add_argument(name, action=argparse.BooleanOptionalAction, default=default, help=text)


def positive(text: str) -> float:
    """Return a number greater than 0, or raise `argparse.ArgumentTypeError`."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number greater than 0, not {text}")
    return value


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{2,5})[xX](\d{2,5})", text)
    if match is None or min(int(match[1]), int(match[2])) < _LEAST_SIDE:
        raise argparse.ArgumentTypeError(f"must look like 1280x720, not {text!r}")
    return int(match[1]), int(match[2])
