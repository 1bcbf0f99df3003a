"""The commands that make and publish a model's files. Each imports what it needs when it runs."""

import argparse
import os
import shlex
from pathlib import Path

from masktrain.options import BUILD, MODEL, Commands, add_data
from masktrain.release.registry_commands import add_registry_commands

_CHECKPOINT = BUILD / "checkpoint.pt"
_PRECISIONS = ("fp32", "int8")


def add_commands(commands: Commands) -> None:
    """Add this room's commands to the program's."""
    export = commands.add_parser("export", help="make the ONNX file that ships from a checkpoint")
    add_data(export)
    export.add_argument("--checkpoint", type=Path, default=_CHECKPOINT, help="of a training (%(default)s)")
    export.add_argument("--model", type=Path, default=MODEL, help="the ONNX file to write (%(default)s)")
    export.add_argument(
        "--precision", choices=_PRECISIONS, default="int8", help="its arithmetic (%(default)s)"
    )
    export.add_argument("--size", type=int, metavar="PX", help="side of its input; that of the training")
    export.add_argument("--version", default="1.0.0", help="of the model (%(default)s)")
    export.set_defaults(run=_export)

    benchmark = commands.add_parser("benchmark", help="compare sizes and precisions: accuracy and latency")
    _add_plan(benchmark)
    benchmark.add_argument(
        "--json", type=Path, default=Path("build/bench-models.json"), help="for programs (%(default)s)"
    )
    benchmark.add_argument(
        "--report", type=Path, default=Path("models/BENCHMARK.md"), help="for people (%(default)s)"
    )
    benchmark.set_defaults(run=_benchmark)
    add_registry_commands(commands)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument(
        "--checkpoint", type=Path, action="append", default=[], help="of a training; may be repeated"
    )
    parser.add_argument(
        "--model",
        type=Path,
        action="append",
        default=[],
        help="ONNX file, measured as it is; may be repeated",
    )
    parser.add_argument(
        "--sizes", type=_sides, default="96,112,128,160", metavar="PX,…", help="input sides (%(default)s)"
    )
    parser.add_argument(
        "--precisions", type=_precisions, default="fp32,int8", metavar="NAME,…", help="(%(default)s)"
    )
    parser.add_argument(
        "--rounds", type=_count, default=400, metavar="N", help="timings of each (%(default)s)"
    )
    parser.add_argument(
        "--test",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="measure on test, too, not on val only",
    )


def _sides(text: str) -> list[int]:
    return [_count(part) for part in text.split(",")]


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _precisions(text: str) -> list[str]:
    names = text.split(",")
    if unknown := sorted(set(names) - set(_PRECISIONS)):
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(_PRECISIONS)}")
    return names


def _export(options: argparse.Namespace) -> None:
    from masktrain.release.package import package
    from masktrain.training.checkpoint import read_trained

    trained = read_trained(options.checkpoint)
    size = (options.size, options.size) if options.size else trained.spec.input_size
    package(
        trained.network,
        options.version,
        size,
        options.data,
        options.model,
        mean=trained.spec.mean,
        std=trained.spec.std,
        precision=options.precision,
    )
    print(
        f"{options.model}: {options.model.stat().st_size / 1e6:.1f} MB. Measure it with the command evaluate."
    )


def _benchmark(options: argparse.Namespace) -> None:
    from masktrain.release.benchmark import Plan, run_benchmark
    from masktrain.release.benchmark_report import format_table, write_json, write_markdown
    from masktrain.release.machine import describe_machine

    plan = Plan(
        checkpoints=options.checkpoint,
        models=options.model,
        sides=options.sizes,
        precisions=options.precisions,
        splits=("val", "test") if options.test else ("val",),
        rounds=options.rounds,
    )
    rows = run_benchmark(plan, options.data)
    print(format_table(rows))
    write_json(options.json, rows)
    write_markdown(options.report, rows, describe_machine(), _command(options), options.rounds)


def _command(options: argparse.Namespace) -> str:
    """Return the command line that does the same, with paths relative to here."""
    parts = ["--data", os.path.relpath(options.data)]
    for name, paths in (("--checkpoint", options.checkpoint), ("--model", options.model)):
        for path in paths:
            parts += [name, os.path.relpath(path)]
    parts += ["--sizes", ",".join(map(str, options.sizes)), "--precisions", ",".join(options.precisions)]
    parts += ["--rounds", str(options.rounds), *([] if options.test else ["--no-test"])]
    return "python -m masktrain benchmark " + shlex.join(parts)
