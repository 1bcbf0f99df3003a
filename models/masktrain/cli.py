"""The commands of the training pipeline: ``python -m masktrain COMMAND``."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from maskservice.errors import ModelUnavailable
from masktrain.datasets import read_samples
from masktrain.errors import MaskTrainError

_IMAGENET = "tf2_mobilenet_v2_1.0_224_dequant_fp32.npz"
_TEACHER = "yunet_n_320_320.onnx"
_MODEL = Path("models/mask_classifier.onnx")
_REPORT = Path("models/MODEL_CARD.md")
_BUILD = Path("build/train")


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

    landmarks = commands.add_parser("landmarks", help="find the landmarks that masks are drawn by")
    _add_data(landmarks)
    _add_weights(landmarks)
    landmarks.add_argument("--out", type=Path, default=_BUILD / "landmarks.json")
    landmarks.set_defaults(run=_landmarks)

    train = commands.add_parser("train", help="train, calibrate, export and measure the classifier")
    _add_data(train)
    _add_weights(train)
    _add_outputs(train)
    train.add_argument(
        "--landmarks", type=Path, help="made by the command landmarks; without it no mask is drawn"
    )
    train.add_argument("--epochs", type=int, help="passes of fine-tuning")
    train.add_argument("--version", default="1.0.0", help="of the model")
    train.add_argument("--checkpoint", type=Path, default=_BUILD / "checkpoint.pt", help="resumed if it fits")
    train.set_defaults(run=_train)

    evaluate = commands.add_parser("evaluate", help="measure a model and write its figures and report")
    _add_data(evaluate)
    _add_outputs(evaluate)
    evaluate.set_defaults(run=_evaluate)

    pictures = commands.add_parser("pictures", help="make the project's example pictures")
    pictures.add_argument("--out", type=Path, default=Path("client/examples"))
    pictures.set_defaults(run=_pictures)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder with faces.csv and its pictures")


def _add_weights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, required=True, help=f"folder with {_IMAGENET} and {_TEACHER}")


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, default=_MODEL, help="the ONNX file")
    parser.add_argument("--report", type=Path, default=_REPORT, help="the Markdown document")
    parser.add_argument("--notes", type=Path, help="Markdown about the data, put at the report's end")


# Each command imports what it needs: torch alone takes seconds, and not every command trains.


def _landmarks(options: argparse.Namespace) -> None:
    from masktrain.landmarks import find_landmarks

    shares = find_landmarks(options.data, options.weights / _TEACHER, options.out)
    print("Median place in the box (x, y): eyes, nose, corners of the mouth")
    for x, y in shares.tolist():
        print(f"{x:.3f} {y:.3f}")


def _train(options: argparse.Namespace) -> None:
    from masktrain.publish import publish
    from masktrain.train import Trainer, TrainingSettings

    settings = TrainingSettings()
    if options.epochs is not None:
        settings = replace(settings, epochs=options.epochs)
    read_samples(options.data, ("test",))  # needed in the end, and better missed now than after training
    trainer = Trainer(
        read_samples(options.data, ("train",), options.landmarks),
        read_samples(options.data, ("val",)),
        settings,
        options.weights / _IMAGENET,
        options.checkpoint,
    )
    publish(trainer.fit(), options.version, settings.input_size, options.data, options.model)
    _evaluate(options)


def _evaluate(options: argparse.Namespace) -> None:
    from masktrain.publish import measure

    measure(options.data, options.model, options.report, options.notes)


def _pictures(options: argparse.Namespace) -> None:
    from masktrain.pictures import make_pictures

    make_pictures(options.out)
