"""The commands of the training pipeline: ``python -m masktrain COMMAND``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import masktrain.dataset.commands
import masktrain.detector.commands
import masktrain.evaluation.commands
import masktrain.release.commands
import masktrain.training.commands
from maskservice.errors import ModelUnavailable
from masktrain.errors import MaskTrainError

_ROOMS = (
    masktrain.dataset.commands,
    masktrain.training.commands,
    masktrain.evaluation.commands,
    masktrain.release.commands,
    masktrain.detector.commands,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (MaskTrainError, ModelUnavailable, OSError, ValueError) as error:
        print(f"masktrain: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="masktrain", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for room in _ROOMS:
        room.add_commands(commands)
    pictures = commands.add_parser("pictures", help="make the project's example pictures")
    pictures.add_argument("--out", type=Path, default=Path("client/examples"))
    pictures.set_defaults(run=_pictures)
    return parser


def _pictures(options: argparse.Namespace) -> None:
    from masktrain.pictures import make_pictures

    make_pictures(options.out)
