"""The commands that measure a model. Each imports what it needs when it runs."""

import argparse
import sys
from pathlib import Path

from masktrain.options import Commands, add_data, add_outputs

_REPORT_DIR = Path("build/report")
_CLIENT_BOXES = Path("build/client-boxes.jsonl")
_QUICK_CROPS = 200


def add_commands(commands: Commands) -> None:
    """Add this room's commands to the program's."""
    evaluate = commands.add_parser("evaluate", help="measure a model and write its figures and report")
    add_data(evaluate)
    add_outputs(evaluate)
    evaluate.add_argument(
        "--report-dir",
        type=Path,
        default=_REPORT_DIR,
        help="folder for the HTML report, its plots and figures.json (default: %(default)s)",
    )
    evaluate.add_argument(
        "--client-boxes",
        type=Path,
        metavar="FILE",
        help="made by the command client-boxes; without it nothing is said of the client's own boxes",
    )
    evaluate.add_argument(
        "--quick",
        action="store_true",
        help=f"frame anew and make worse {_QUICK_CROPS} crops of each split only, not all",
    )
    evaluate.set_defaults(run=_evaluate)

    boxes = commands.add_parser(
        "client-boxes", help="ask the client where it finds faces in whole photographs (resumable)"
    )
    boxes.add_argument("--data", type=Path, required=True, help="folder with scenes.csv and its photographs")
    boxes.add_argument("--out", type=Path, default=_CLIENT_BOXES, help="default: %(default)s")
    boxes.add_argument("--detector", help="one that the client knows; its default otherwise")
    boxes.set_defaults(run=_client_boxes)


def _evaluate(options: argparse.Namespace) -> None:
    from masktrain.evaluation.measure import measure
    from masktrain.evaluation.page import PAGE
    from masktrain.evaluation.splits import Plan

    plan = Plan(crops=_QUICK_CROPS if options.quick else None, client_boxes=options.client_boxes)
    measure(
        options.data, options.model, options.report, options.notes, report_dir=options.report_dir, plan=plan
    )
    print(f"Report: {options.report_dir / PAGE}", file=sys.stderr)


def _client_boxes(options: argparse.Namespace) -> None:
    from masktrain.evaluation.client_boxes import find_client_boxes
    from masktrain.evaluation.measure import MEASURED

    photographs = find_client_boxes(options.data, options.out, MEASURED, options.detector)
    print(f"{options.out} holds the finds of {photographs} photographs.")
