"""The commands that train. Each imports what it needs when it runs: torch alone takes seconds."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from masktrain.dataset.samples import read_samples
from masktrain.options import BUILD, Commands, add_outputs
from masktrain.training.arguments import add_schedule, add_table, add_tracking, add_training, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from masktrain.augmentation.augment import Augmentation
    from masktrain.dataset.samples import Sample
    from masktrain.training.codecarbon_meter import CodeCarbonMeter
    from masktrain.training.tracking import Tracker


def add_commands(commands: Commands) -> None:
    """Add this room's commands to the program's."""
    train = commands.add_parser("train", help="train, calibrate, export and measure the classifier")
    add_training(train)
    add_schedule(train)
    add_outputs(train)
    train.add_argument("--version", default="1.0.0", help="of the model")
    train.add_argument(
        "--export", choices=("fp32", "int8"), default="fp32", help="arithmetic of the ONNX file"
    )
    train.add_argument(
        "--checkpoint",
        type=Path,
        default=BUILD / "checkpoint.pt",
        help="resumed if it fits; history beside it",
    )
    add_tracking(train)
    train.set_defaults(run=_train)
    rate = commands.add_parser("find-rate", help="try which learning rates a network learns at")
    add_training(rate)
    rate.add_argument("--steps", type=int, default=100, help="batches at most")
    rate.add_argument("--stage", choices=("whole", "head"), default="whole", help="what learns")
    rate.add_argument(
        "--out", type=Path, default=BUILD / "rates.png", help="the plot, PNG or SVG; CSV beside it"
    )
    rate.set_defaults(run=_find_rate)
    table = commands.add_parser(
        "train-table", help="compare architectures, trained alike: hours without a GPU"
    )
    add_table(table)
    table.set_defaults(run=_train_table)


def _train(options: argparse.Namespace) -> None:
    from masktrain.evaluation.measure import measure
    from masktrain.release.package import package
    from masktrain.training.trainer import Trainer

    settings = settings_of(options)
    read_samples(options.data, ("test",))  # needed in the end, and better missed now than after training
    train = _training_samples(options)
    meter = _meter(options)
    trainer = Trainer(
        train,
        read_samples(options.data, ("val",)),
        settings,
        options.weights,
        options.checkpoint,
        initial=options.initial,
        augmentation=_augmentation(train),
        tracker=_tracker(options),
        meter=meter,
    )
    network = trainer.fit()
    if meter is not None:
        print(f"Energy of all epochs: {trainer.energy_kwh:.4f} kWh")
        print(f"Emissions since this start: {meter.emissions_kg:.4f} kg CO2e")
    spec = trainer.spec
    package(
        network,
        options.version,
        spec.input_size,
        options.data,
        options.model,
        mean=spec.mean,
        std=spec.std,
        precision=options.export,
    )
    measure(options.data, options.model, options.report, options.notes)


def _training_samples(options: argparse.Namespace) -> "list[Sample]":
    """Read what is fitted on."""
    train = read_samples(options.data, ("train",), options.landmarks)
    if options.negatives is not None:
        train += read_samples(options.negatives, ("train",))
    return train


def _augmentation(train: "Sequence[Sample]") -> "Augmentation":
    """Return the recipe for training crops, with the masks of those that wear one."""
    from masktrain.augmentation.augment import Augmentation
    from masktrain.augmentation.transplant import Transplant

    return Augmentation(masks=Transplant(train, train))


def _tracker(options: argparse.Namespace) -> "Tracker | None":
    if options.track is None:
        return None
    from masktrain.training.mlflow_tracker import MlflowTracker

    return MlflowTracker(options.track_uri)


def _meter(options: argparse.Namespace) -> "CodeCarbonMeter | None":
    if not options.energy:
        return None
    from masktrain.training.codecarbon_meter import CodeCarbonMeter

    return CodeCarbonMeter(options.country)


def _find_rate(options: argparse.Namespace) -> None:
    from masktrain.training.preparation import prepare
    from masktrain.training.rates import plot_curve, range_test, write_curve

    settings = settings_of(options)
    train = _training_samples(options)
    prepared = prepare(train, settings, options.weights, options.initial, _augmentation(train))
    curve = range_test(prepared, settings, options.steps, whole=options.stage == "whole")
    write_curve(curve, options.out.with_suffix(".csv"))
    plot_curve(curve, options.out, f"{settings.architecture}, {options.stage}")
    option = "--rate" if options.stage == "whole" else "--head-rate"
    print(f"The loss falls fastest at {curve.suggestion:.2g} and is lowest at {curve.lowest:.2g}.")
    print(f"Suggested: {option} {curve.suggestion:.2g}. The plot: {options.out}")


def _train_table(options: argparse.Namespace) -> None:
    from masktrain.training.comparison import Comparison
    from masktrain.training.entries import plan
    from masktrain.training.settings import TrainingSettings
    from masktrain.training.table import TableMaker

    options.energy = not options.no_energy
    train, val = (read_samples(options.data, (split,), options.landmarks) for split in ("train", "val"))
    settings = TrainingSettings(
        input_size=options.size,
        epochs=options.epochs,
        seed=options.seed,
        workers=options.workers,
        device=options.device,
    )
    entries, missing = plan(options.weights, download=options.download, from_scratch=options.from_scratch)
    comparison = Comparison(
        options.folder, train, val, settings, _augmentation(train), lambda: _meter(options)
    )
    maker = TableMaker(comparison, entries, missing, _table_command(options))
    maker.make_rows(options.architecture, options.mode, options.rows)
    maker.write(options.out)


def _table_command(options: argparse.Namespace) -> str:
    """Return the command of a row, all but its architecture and mode."""
    parts = ["python -m masktrain train-table"]
    for name in ("data", "weights", "landmarks"):
        path = getattr(options, name)
        if path is not None:  # where a folder lies on this machine concerns nobody
            parts.append(f"--{name} {path.name if path.is_absolute() else path}")
    parts.append(f"--size {options.size[0]} --epochs {options.epochs} --seed {options.seed}")
    return " ".join(parts)
