"""Options of the commands that train, and the settings they ask for."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from masktrain.options import add_data, add_start

if TYPE_CHECKING:
    from masktrain.training.settings import TrainingSettings

Number = tuple[type[int] | type[float], str, str]
"""An option's type, the name of its value, and its help."""

_SCHEDULE: dict[str, Number] = {
    "epochs": (int, "N", "passes of fine-tuning, or of the last layer in mode extractor"),
    "head-epochs": (int, "N", "passes of the last layer before fine-tuning"),
    "rate": (float, "R", "greatest learning rate of fine-tuning"),
    "head-rate": (float, "R", "greatest learning rate while only the last layer learns"),
}
_NUMBERS: dict[str, Number] = {
    "frozen-blocks": (int, "N", "first parts of the backbone that never learn"),
    "batch": (int, "N", "crops per step"),
    "mixup": (float, "ALPHA", "mix pairs of crops, shares drawn from Beta(ALPHA, ALPHA); 0 mixes none"),
    "seed": (int, "N", "decides draws, augmentation and random weights"),
    "workers": (int, "N", "processes that prepare crops"),
}
_FIELDS = {"batch": "batch_size", "size": "input_size"}  # where an option has a shorter name than the setting
_CHOICES = ("architecture", "mode", "device", "precision")


def add_training(parser: argparse.ArgumentParser) -> None:
    """Add what decides how a network learns; what is left out keeps its default."""
    add_data(parser)
    add_start(parser)
    parser.add_argument(
        "--landmarks", type=Path, help="made by the command landmarks; without it no mask is drawn"
    )
    parser.add_argument(
        "--negatives", type=Path, metavar="DATA", help="made by the command negatives: more not_face crops"
    )
    parser.add_argument("--initial", type=Path, help="checkpoint to go on from, instead of ImageNet weights")
    parser.add_argument(
        "--architecture", metavar="NAME", help="as torchvision calls it; default mobilenet_v2"
    )
    parser.add_argument("--mode", metavar="NAME", help="finetune (default), or extractor: last layer only")
    parser.add_argument("--size", type=_size, metavar="PX", help="side of the square input in pixels")
    _add_numbers(parser, _NUMBERS)
    parser.add_argument("--device", metavar="NAME", help="auto (default), cpu or cuda")
    parser.add_argument("--precision", metavar="NAME", help="auto (default), fp32, bf16 or fp16")


def add_schedule(parser: argparse.ArgumentParser) -> None:
    """Add how long and how fast it learns."""
    _add_numbers(parser, _SCHEDULE)


def _add_numbers(parser: argparse.ArgumentParser, numbers: Mapping[str, Number]) -> None:
    for name, (kind, metavar, told) in numbers.items():
        parser.add_argument(f"--{name}", type=kind, metavar=metavar, help=told)


def add_tracking(parser: argparse.ArgumentParser) -> None:
    """Add trackers; all are off unless asked for."""
    parser.add_argument("--track", choices=("mlflow",), help="tell a tracker every epoch's figures")
    parser.add_argument(
        "--track-uri", default="build/mlflow", metavar="URI", help="of MLflow: server or folder"
    )
    parser.add_argument("--energy", action="store_true", help="meter the energy with CodeCarbon")
    parser.add_argument(
        "--country", default="FRA", metavar="ISO", help="whose electricity it is; three letters"
    )


def add_table(parser: argparse.ArgumentParser) -> None:
    """Add the options of the comparison."""
    add_data(parser)
    parser.add_argument("--weights", type=Path, required=True, help="folder with ImageNet weights")
    parser.add_argument("--landmarks", type=Path, help="made by the command landmarks")
    parser.add_argument(
        "--size", type=_size, default=(96, 96), metavar="PX", help="side of the input; default 96"
    )
    parser.add_argument(
        "--epochs", type=int, default=4, metavar="N", help="passes of each main stage; default 4"
    )
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="of every row")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes that prepare crops")
    parser.add_argument("--device", default="auto", metavar="NAME", help="auto (default), cpu or cuda")
    parser.add_argument("--architecture", metavar="NAME", help="make only this architecture's rows now")
    parser.add_argument("--mode", metavar="NAME", help="make only this mode's rows now")
    parser.add_argument(
        "--rows", type=int, metavar="N", help="make at most N rows now; 0 only writes the table"
    )
    parser.add_argument(
        "--download", action="store_true", help="download ImageNet weights that are not there"
    )
    parser.add_argument(
        "--from-scratch", action="store_true", help="train small ones without ImageNet weights, too"
    )
    parser.add_argument("--no-energy", action="store_true", help="do not meter energy with CodeCarbon")
    parser.add_argument(
        "--country", default="FRA", metavar="ISO", help="whose electricity it is; three letters"
    )
    parser.add_argument("--folder", type=Path, default=Path("build/train-table"), help="rows made so far")
    parser.add_argument("--out", type=Path, default=Path("models/RESULTS.md"), help="the table")


def _size(text: str) -> tuple[int, int]:
    side = int(text)
    return side, side


def settings_of(options: argparse.Namespace) -> "TrainingSettings":
    """Return the settings that options ask for."""
    from masktrain.training.settings import TrainingSettings

    names = ("size", *_CHOICES, *(name.replace("-", "_") for name in (*_SCHEDULE, *_NUMBERS)))
    given = {_FIELDS.get(name, name): getattr(options, name, None) for name in names}
    return TrainingSettings(**{name: value for name, value in given.items() if value is not None})
