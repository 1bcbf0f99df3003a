"""The detector's commands. Each imports what it needs when it runs."""

import argparse
from pathlib import Path

from masktrain.options import MODEL, Commands, add_weights

DETECTOR = Path("models/face_detector.onnx")
_CARD = Path("models/DETECTOR_CARD.md")
_CHECKPOINT = Path("build/detector/checkpoint.pt")
_YUNET = "yunet_n_dynamic.onnx"


def add_commands(commands: Commands) -> None:
    """Add this room's commands to the program's."""
    train = commands.add_parser("train-detector", help="train the face detector (resumable)")
    _add_data(train)
    add_weights(train)
    train.add_argument(
        "--landmarks",
        type=Path,
        help="made by the command landmarks; without it none are learnt, no mask drawn",
    )
    train.add_argument("--checkpoint", type=Path, default=_CHECKPOINT, help="default: %(default)s")
    train.add_argument("--initial", type=Path, metavar="FILE", help="an earlier checkpoint to start from")
    train.add_argument("--passes", type=int, default=32, help="default: %(default)s")
    train.add_argument("--steps", type=int, default=200, help="batches of a pass (%(default)s)")
    train.add_argument("--batch-size", type=int, default=16, help="pictures of a batch (%(default)s)")
    train.add_argument("--workers", type=int, default=2, help="that compose pictures (%(default)s)")
    train.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    train.set_defaults(run=_train)

    export = commands.add_parser(
        "export-detector", help="make the face detector's ONNX file and tune it on val"
    )
    _add_data(export)
    export.add_argument("--checkpoint", type=Path, default=_CHECKPOINT, help="default: %(default)s")
    export.add_argument("--detector", type=Path, default=DETECTOR, help="file to write (%(default)s)")
    export.add_argument("--version", default="1.1.0", help="of the detector (%(default)s)")
    export.add_argument(
        "--longest-side",
        type=int,
        default=384,
        metavar="PX",
        help="larger pictures are scaled to it (%(default)s)",
    )
    export.set_defaults(run=_export)

    evaluate = commands.add_parser(
        "evaluate-detector", help="measure the face detector, Haar and YuNet side by side; write its card"
    )
    _add_data(evaluate)
    evaluate.add_argument("--weights", type=Path, help=f"folder with {_YUNET}; without it YuNet is left out")
    evaluate.add_argument("--detector", type=Path, default=DETECTOR, help="default: %(default)s")
    evaluate.add_argument("--model", type=Path, default=MODEL, help="the classifier (%(default)s)")
    evaluate.add_argument("--report", type=Path, default=_CARD, help="the card to write (%(default)s)")
    evaluate.add_argument(
        "--json", type=Path, default=Path("build/bench-detector.json"), help="for programs (%(default)s)"
    )
    evaluate.add_argument("--rounds", type=int, default=25, help="timings of each detector (%(default)s)")
    evaluate.set_defaults(run=_evaluate)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder with scenes.csv and faces.csv")


def _train(options: argparse.Namespace) -> None:
    from masktrain.dataset.samples import read_samples
    from masktrain.dataset.scenes import read_scenes
    from masktrain.detector.composing import Composer
    from masktrain.detector.pictures import crop_sources, distractor_sources, scene_sources
    from masktrain.detector.training import DetectorSettings, DetectorTrainer

    samples = read_samples(options.data, ("train",), options.landmarks)
    scenes = read_scenes(options.data, ("train",), options.landmarks)
    composer = Composer(
        scene_sources(options.data, scenes), crop_sources(samples), distractor_sources(samples)
    )
    settings = DetectorSettings(
        passes=options.passes, steps=options.steps, batch_size=options.batch_size, seed=options.seed
    )
    trainer = DetectorTrainer(
        composer,
        settings,
        options.weights,
        options.checkpoint,
        workers=options.workers,
        initial=options.initial,
    )
    trainer.fit()
    print(f"{options.checkpoint} holds the network. Go on with the command export-detector.")


def _export(options: argparse.Namespace) -> None:
    from masktrain.detector.tuning import export_tuned

    card = export_tuned(
        options.checkpoint, options.data, options.detector, options.version, options.longest_side
    )
    size = options.detector.stat().st_size / 1e6
    print(
        f"{options.detector}: {size:.2f} MB, threshold {card.threshold:.2f}, "
        f"boxes grown by {card.framing[0]:.2f}. Measure it with the command evaluate-detector."
    )


def _evaluate(options: argparse.Namespace) -> None:
    from masktrain.detector.comparison import compare
    from masktrain.detector.report import summary, write_card, write_json

    yunet = options.weights / _YUNET if options.weights is not None else None
    results = compare(options.data, options.detector, options.model, yunet, options.rounds)
    print(summary(results))
    write_card(options.report, results)
    write_json(options.json, results)
