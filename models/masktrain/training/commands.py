"""The commands that train. Each imports what it needs when it runs: torch alone takes seconds."""

import argparse
from dataclasses import replace
from pathlib import Path

from masktrain.dataset.samples import read_samples
from masktrain.options import BUILD, IMAGENET, Commands, add_data, add_outputs, add_weights


def add_commands(commands: Commands) -> None:
    """Add this room's commands to the program's."""
    train = commands.add_parser("train", help="train, calibrate, export and measure the classifier")
    add_data(train)
    add_weights(train)
    add_outputs(train)
    train.add_argument(
        "--landmarks", type=Path, help="made by the command landmarks; without it no mask is drawn"
    )
    train.add_argument("--epochs", type=int, help="passes of fine-tuning")
    train.add_argument("--version", default="1.0.0", help="of the model")
    train.add_argument("--checkpoint", type=Path, default=BUILD / "checkpoint.pt", help="resumed if it fits")
    train.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> None:
    from masktrain.evaluation.measure import measure
    from masktrain.release.package import package
    from masktrain.training.train import Trainer, TrainingSettings

    settings = TrainingSettings()
    if options.epochs is not None:
        settings = replace(settings, epochs=options.epochs)
    read_samples(options.data, ("test",))  # needed in the end, and better missed now than after training
    trainer = Trainer(
        read_samples(options.data, ("train",), options.landmarks),
        read_samples(options.data, ("val",)),
        settings,
        options.weights / IMAGENET,
        options.checkpoint,
    )
    package(trainer.fit(), options.version, settings.input_size, options.data, options.model)
    measure(options.data, options.model, options.report, options.notes)
