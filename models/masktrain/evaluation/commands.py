"""The commands that measure a model. Each imports what it needs when it runs."""

import argparse

from masktrain.options import Commands, add_data, add_outputs


def add_commands(commands: Commands) -> None:
    """Add this room's commands to the program's."""
    evaluate = commands.add_parser("evaluate", help="measure a model and write its figures and report")
    add_data(evaluate)
    add_outputs(evaluate)
    evaluate.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> None:
    from masktrain.evaluation.measure import measure

    measure(options.data, options.model, options.report, options.notes)
