"""``maskclient capture``: collects labelled pictures from a camera, to train with."""

import argparse
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from maskclient.camera.grabber import Grabber
from maskclient.camera.sources import parse_source
from maskclient.capturing.annotation import LABELS
from maskclient.capturing.burst import COUNTDOWN_SECONDS, EVERY_SECONDS, FRAMES, Burst, BurstPlan, Progress
from maskclient.capturing.dataset import CaptureWriter
from maskclient.commands.connection import add_detector_option, messages_console
from maskclient.commands.exitcodes import ALL_WELL
from maskclient.detector import Rgb
from maskclient.detectors import open_detector
from maskclient.errors import CaptureFailed

TICK_SECONDS = 0.2
SILENCE_SECONDS = 15.0
"""How long a camera may deliver nothing before it is given up."""

_EPILOG = """\
examples:
  maskclient capture --label with_mask --out own
  maskclient capture --label incorrect_mask --out own --burst 30 --every 1 rtsp://camera/stream
  python -m masktrain import own --format coco --source door --out data

DIR/frames gets whole frames, each with a COCO file (boxes, labels, eyes) beside it, and
DIR/crops/LABEL the faces, to look through. Run it again to add to the folder. To throw a
frame away, delete its .json file.
"""

_ADVICE = {
    "no face": "No face is found: come closer, look into the camera, make more light.",
    "several faces": "There are several faces: be alone in the picture, or say --all-faces.",
    "too alike": "This looks like a frame that is kept already: move your head a little.",
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "capture",
        help="collect labelled pictures from a camera, to train with",
        description="Count down, then keep a few frames that show a face, with its box and its label.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source",
        nargs="?",
        default="0",
        metavar="SOURCE",
        help="number of a webcam, video file, folder of pictures, or stream address (default: %(default)s)",
    )
    parser.add_argument("--label", required=True, choices=LABELS, help="what the face wears")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to add frames to")
    parser.add_argument(
        "--burst", type=_count, default=FRAMES, metavar="N", help="frames to keep (default: %(default)s)"
    )
    parser.add_argument(
        "--every",
        type=_seconds,
        default=EVERY_SECONDS,
        metavar="S",
        help="least seconds between two of them (default: %(default)s)",
    )
    parser.add_argument(
        "--countdown",
        type=_seconds,
        metavar="S",
        help=f"seconds before the first (default: {COUNTDOWN_SECONDS:g}, and 0 for files and folders)",
    )
    parser.add_argument("--all-faces", action="store_true", help="keep frames with several faces, too")
    parser.add_argument("--flip", action="store_true", help="mirror the frames")
    add_detector_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Collect labelled pictures; see ``maskclient capture --help``."""
    source = parse_source(options.source)
    countdown = COUNTDOWN_SECONDS if source.live else 0.0  # a file does not get ready
    if options.countdown is not None:
        countdown = options.countdown
    plan = BurstPlan(options.burst, options.every, countdown, options.all_faces)
    detector = open_detector(options.detector, options.detector_model)
    writer = CaptureWriter(options.out, options.label)
    console = messages_console()
    teller = _Teller(console)
    burst = Burst(
        plan, detector.detect, lambda rgb, faces: writer.save(rgb, faces, datetime.now(UTC)), teller.tell
    )
    grabber = Grabber(source, flip=options.flip)
    grabber.start()
    try:
        kept = burst.run(_frames(grabber))
        if not kept:
            raise CaptureFailed(_nothing(grabber, teller.skipped))
        if kept < plan.frames:
            why = f": {grabber.problem}" if grabber.problem else "."
            console.print(f"{grabber.name} ended after {kept} of {plan.frames} frames{why}", markup=False)
    finally:
        grabber.close()
        if burst.kept:  # what is known is told, also after Ctrl-C
            _print_tally(writer.tally())
    return ALL_WELL


def _frames(grabber: Grabber) -> Iterator[Rgb | None]:
    """Yield what a camera delivers, and None where that is nothing, until it has ended."""
    number, heard = 0, time.monotonic()
    while True:
        frame = grabber.wait(number, TICK_SECONDS)
        if frame is not None:
            number, heard = frame.number, time.monotonic()
            yield frame.rgb
        elif grabber.state == "ended" or time.monotonic() - heard > SILENCE_SECONDS:
            return
        else:
            yield None


def _nothing(grabber: Grabber, skipped: str | None) -> str:
    """Say why not one frame was kept."""
    if skipped:
        return f"Nothing was captured from {grabber.name}. {_ADVICE[skipped]}"
    if grabber.problem:
        return f"Nothing was captured. {grabber.problem}"
    return (
        f"Nothing was captured: {grabber.name} delivered no frame after the count-down. "
        "Check the source, or shorten the count-down with --countdown."
    )


class _Teller:
    """Prints the progress, each thing once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = ""
        self.skipped: str | None = None

    def tell(self, progress: Progress) -> None:
        """Print what has changed."""
        self.skipped = progress.skipped
        if progress.seconds:
            words = f"{progress.seconds} …"
        elif progress.skipped:
            words = _ADVICE[progress.skipped]
        else:
            words = f"Kept {progress.kept} of {progress.wanted}"
        if words != self._told:
            self._told = words
            self._console.print(words, markup=False)


def _print_tally(tally: Mapping[str, int]) -> None:
    width = max(map(len, tally))
    for label, count in tally.items():
        print(f"{label:{width}}  {count}")


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return number
