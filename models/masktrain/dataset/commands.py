"""The commands that make a data set. Each imports what it needs when it runs."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from maskservice.modelcard import LABELS, Label
from masktrain.dataset.cleaning_commands import add_cleaning_commands
from masktrain.options import BUILD, TEACHER, Commands, add_data, add_weights

_DETECTOR = "haar, or a YuNet file (ONNX)"


def add_commands(commands: Commands) -> None:
    """Add this room's commands to the program's."""
    _add_import(commands)
    _add_faces(commands)
    add_cleaning_commands(commands)
    _add_landmarks(commands)
    _add_negatives(commands)


def _add_landmarks(commands: Commands) -> None:
    parser = commands.add_parser("landmarks", help="find training faces' landmarks, to put masks on")
    add_data(parser)
    add_weights(parser)
    parser.add_argument("--out", type=Path, default=BUILD / "landmarks.json")
    parser.set_defaults(run=_landmarks)


def _add_negatives(commands: Commands) -> None:
    parser = commands.add_parser(
        "negatives", help="make not_face crops of what the Haar cascades wrongly take for faces"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with scenes.csv and its photographs")
    parser.add_argument(
        "--teacher", type=Path, metavar="YUNET", help="leave out what this file, too, takes for a face"
    )
    parser.add_argument("--out", type=Path, default=BUILD / "negatives", help="data folder to write")
    parser.set_defaults(run=_negatives)


def _add_import(commands: Commands) -> None:
    parser = commands.add_parser("import", help="import pictures that are labelled already")
    parser.add_argument("pictures", type=Path, metavar="SRC", help="folder with pictures and annotations")
    parser.add_argument("--format", required=True, choices=("folders", "voc", "yolo", "coco"))
    parser.add_argument(
        "--source", required=True, metavar="NAME", help="the collection's name in the data set"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DATA", help="the data folder")
    parser.add_argument(
        "--labels",
        action="append",
        default=[],
        metavar="THEIRS=OURS,...",
        help=f"what their labels mean; ours are {', '.join(LABELS)}",
    )
    parser.add_argument(
        "--names", default="", metavar="A,B", help="yolo: the classes, where no classes.txt is"
    )
    parser.add_argument(
        "--find",
        nargs="?",
        const="haar",
        metavar="DETECTOR",
        help=f"folders: find the face in each picture with {_DETECTOR}, instead of taking the whole picture",
    )
    parser.add_argument(
        "--min-face", type=int, default=16, metavar="PIXELS", help="leave out smaller boxes (16)"
    )
    parser.add_argument("--replace", action="store_true", help="put this in the place of an older import")
    parser.set_defaults(run=_import)


def _add_faces(commands: Commands) -> None:
    parser = commands.add_parser("faces", help="find faces in photographs, then label them in a window")
    parser.add_argument("photographs", type=Path, metavar="PHOTOS", help="folder with photographs")
    parser.add_argument(
        "--source", required=True, metavar="NAME", help="the collection's name in the data set"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DATA", help="the data folder")
    parser.add_argument("--detector", default="haar", help=f"{_DETECTOR}; haar unless you say")
    first = parser.add_mutually_exclusive_group()
    first.add_argument("--label", choices=LABELS, help="what every face that is found gets to begin with")
    first.add_argument(
        "--suggest", type=Path, metavar="MODEL", help="a trained model (ONNX) that says it instead"
    )
    parser.add_argument("--again", action="store_true", help="show photographs that are decided, too")
    parser.add_argument(
        "--no-window", action="store_true", help="take every face that is found, as it is labelled"
    )
    parser.set_defaults(run=_faces)


def _import(options: argparse.Namespace) -> None:
    from masktrain.dataset.detectors import make_detector
    from masktrain.dataset.importing.importer import ImportRequest, import_pictures, parse_labels

    request = ImportRequest(
        pictures=options.pictures,
        format=options.format,
        source=options.source,
        labels=parse_labels(options.labels),
        names=[name.strip() for name in options.names.split(",") if name.strip()],
        detector=make_detector(options.find) if options.find else None,
        min_face=options.min_face,
        replace=options.replace,
    )
    summary = import_pictures(request, options.out)
    _tell_problems(summary.problems)
    for name, count in summary.unmapped.most_common():
        print(f"left out: {count} of {name!r}; say what it means with --labels {name}=...", file=sys.stderr)
    if summary.small:
        print(f"left out: boxes under {options.min_face} pixels: {summary.small}", file=sys.stderr)
    if summary.whole:
        print(f"taken whole, because no face was found: {summary.whole}", file=sys.stderr)
    _tell_labels(summary.labels)


def _faces(options: argparse.Namespace) -> None:
    from masktrain.dataset.detectors import make_detector
    from masktrain.dataset.labelling.faces import LabelFace, PhotographFolder, proposer
    from masktrain.errors import DatasetError

    if options.no_window and not (options.label or options.suggest):
        raise DatasetError(
            "--no-window takes every face that is found: say with --label or --suggest as what."
        )
    if options.no_window and options.again:
        raise DatasetError("--again shows what is decided in the window; it does not go with --no-window.")
    folder = PhotographFolder(options.photographs, options.out, options.source)
    label: LabelFace = lambda *_: options.label  # noqa: E731
    if options.suggest:
        from masktrain.dataset.labelling.suggest import LabelSuggester

        label = LabelSuggester(options.suggest).suggest
    propose = proposer(make_detector(options.detector), label)
    if options.no_window:
        problems = folder.decide_all(propose)
    else:
        from masktrain.dataset.labelling.window import label_in_window

        session = folder.session(propose, again=options.again)
        problems = []
        if session is not None:
            label_in_window(session)
            problems = session.problems
    summary = folder.write()
    _tell_problems(dict.fromkeys([*problems, *summary.problems]))
    _tell_labels(summary.labels)
    print(f"{summary.decided} of {summary.photographs} photographs are decided.", end=" ")
    print(
        "The same command goes on."
        if summary.decided < summary.photographs
        else "--again shows them once more."
    )


def _landmarks(options: argparse.Namespace) -> None:
    from masktrain.dataset.landmarks import find_landmarks

    shares = find_landmarks(options.data, options.weights / TEACHER, options.out)
    print("Median place in the box (x, y): eyes, nose, corners of the mouth")
    for x, y in shares.tolist():
        print(f"{x:.3f} {y:.3f}")


def _tell_problems(problems: Iterable[str]) -> None:
    """Name on stderr what could not be read."""
    for problem in problems:
        print(f"skipped: {problem}", file=sys.stderr)


def _tell_labels(labels: Counter[Label]) -> None:
    """Print how many faces of each label were written."""
    for label in LABELS:
        print(f"{label:<16} {labels[label]:>6}")
    print(f"{'faces':<16} {sum(labels.values()):>6}")


def _negatives(options: argparse.Namespace) -> None:
    from masktrain.dataset.negatives import mine_negatives

    print(f"{mine_negatives(options.data, options.out, options.teacher)} crops in {options.out}")
