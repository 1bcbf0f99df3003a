"""Size by resolution by precision: accuracy and latency of every combination, from one run."""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.progress import track

from maskservice.classifier import Classifier, load_classifier
from maskservice.decoding import decode
from maskservice.modelstore import read_model
from maskservice.preprocessing import to_tensor
from masktrain.dataset.samples import Sample, Split, read_samples
from masktrain.errors import ExportError
from masktrain.evaluation.figures import Evaluation, evaluate, onnx_logits
from masktrain.evaluation.modelfile import describe_model
from masktrain.evaluation.predictions import open_session
from masktrain.framing import CROP_MARGIN, cut_crop
from masktrain.release.export import INPUT_NAME, OUTPUT_NAME, export_onnx, read_card
from masktrain.release.latency import ratio, time_in_turn
from masktrain.release.package import Precision, draft_card
from masktrain.release.quantize import calibration_pixels, quantize
from masktrain.training.checkpoint import TrainedNetwork, read_trained
from masktrain.training.network import MEAN, STD, build_network

YARDSTICK_ARCHITECTURE = "mobilenet_v2"
YARDSTICK_SIDE = 112

_JPEG_QUALITY = 90
_VERSION = "0.0.0"  # of files that are measured and thrown away


@dataclass(frozen=True)
class Plan:
    """What is to be compared.

    Attributes
    ----------
    checkpoints : sequence of Path
        Written by a training; each is exported in every size and precision.
    models : sequence of Path
        ONNX files with a card, measured as they are.
    sides : sequence of int
        Sides of the square input in pixels.
    precisions : sequence of str
        ``fp32`` and ``int8``.
    splits : sequence of str
        What accuracy is measured on: ``val``, by which one chooses, and ``test``, which shows
        whether the choice holds elsewhere.
    rounds : int
        How often each combination is timed.
    """

    checkpoints: Sequence[Path]
    models: Sequence[Path]
    sides: Sequence[int]
    precisions: Sequence[Precision]
    splits: Sequence[Split]
    rounds: int


@dataclass(frozen=True)
class Candidate:
    """A file to be measured: whose it is, the side of its input in pixels, and its arithmetic."""

    title: str
    side: int
    precision: Precision
    path: Path

    @property
    def name(self) -> str:
        """What it is called in the table."""
        return f"{self.title} {self.side} px {self.precision}"


@dataclass(frozen=True)
class Measured:
    """A candidate's figures.

    Attributes
    ----------
    name : str
        See `Candidate`.
    size : int
        Bytes of the file.
    model_ms : float
        Median milliseconds of one crop through the model.
    ratio : float
        Median of that over the yardstick's in the same round.
    crop_ms : float
        Median milliseconds from the bytes of a JPEG to probabilities.
    figures : dict of str to Evaluation
        By split; empty for the yardstick, whose weights are random.
    """

    name: str
    size: int
    model_ms: float
    ratio: float
    crop_ms: float
    figures: dict[Split, Evaluation] = field(default_factory=dict)


def run_benchmark(plan: Plan, data: Path) -> list[Measured]:
    """Export and measure every combination, the yardstick first.

    The yardstick is MobileNetV2 at 112 px in fp32; its weights are random, for they do not
    change how long it takes.

    Parameters
    ----------
    plan : Plan
        What to compare.
    data : Path
        Folder with ``faces.csv``.

    Raises
    ------
    ExportError
        If there is nothing to compare, or two candidates would bear the same name.
    """
    samples = {split: read_samples(data, (split,)) for split in plan.splits}
    with TemporaryDirectory(prefix="benchmark.") as folder:
        candidates = [*_copy_models(plan.models, Path(folder)), *_export_all(plan, data, Path(folder))]
        _check_names(candidates)
        console = Console(stderr=True)
        figures = [
            _evaluate(candidate, samples) for candidate in track(candidates, "Accuracy", console=console)
        ]
        yardstick = _make_yardstick(Path(folder))
        crop = _encode_crop(read_samples(data, ("val",))[0])
        timed = _time([yardstick, *candidates], crop, plan.rounds)
        return [
            Measured(candidate.name, candidate.path.stat().st_size, *times, by_split)
            for candidate, times, by_split in zip(
                [yardstick, *candidates], timed, [{}, *figures], strict=True
            )
        ]


def _export_all(plan: Plan, data: Path, folder: Path) -> Iterator[Candidate]:
    trained = [(path, read_trained(path)) for path in plan.checkpoints]
    common = Counter(network.architecture for _, network in trained)
    train = read_samples(data, ("train",)) if trained and "int8" in plan.precisions else []
    for number, (path, network) in enumerate(trained):
        title = network.architecture
        if common[title] > 1:
            title += f" ({path.parent.name}/{path.stem})"
        for side in plan.sides:
            yield from _export(network, title, side, plan.precisions, train, folder / f"{number}-{side}")


def _export(
    trained: TrainedNetwork,
    title: str,
    side: int,
    precisions: Sequence[Precision],
    train: Sequence[Sample],
    folder: Path,
) -> Iterator[Candidate]:
    """Export a network at one size, in each precision."""
    card = draft_card(_VERSION, (side, side), trained.spec.mean, trained.spec.std)
    exported = folder / "fp32.onnx"
    export_onnx(trained.network, card, exported)
    for precision in precisions:
        path = folder / f"{precision}.onnx"
        if precision == "int8":
            quantize(exported, path, card, calibration_pixels(train, card))
        yield Candidate(title, side, precision, path)


def _copy_models(models: Sequence[Path], folder: Path) -> Iterator[Candidate]:
    """Copy models first of all, lest one be replaced while the others are measured."""
    for number, model in enumerate(models):
        path = folder / f"{number}-{model.name}"
        path.write_bytes(model.read_bytes())
        yield Candidate(model.stem, read_card(path).input_size[0], describe_model(path).precision, path)


def _make_yardstick(folder: Path) -> Candidate:
    card = draft_card(_VERSION, (YARDSTICK_SIDE, YARDSTICK_SIDE), MEAN, STD)
    path = folder / "yardstick.onnx"
    export_onnx(build_network(YARDSTICK_ARCHITECTURE), card, path)
    return Candidate(f"yardstick: {YARDSTICK_ARCHITECTURE}", YARDSTICK_SIDE, "fp32", path)


def _check_names(candidates: Sequence[Candidate]) -> None:
    if not candidates:
        raise ExportError("There is nothing to compare: name a --checkpoint or a --model.")
    name, count = Counter(candidate.name for candidate in candidates).most_common(1)[0]
    if count > 1:
        raise ExportError(f"{count} candidates are called {name!r}. Copy one to another name.")


def _evaluate(candidate: Candidate, samples: dict[Split, list[Sample]]) -> dict[Split, Evaluation]:
    card = read_card(candidate.path)
    return {
        split: evaluate(*onnx_logits(candidate.path, card, crops), card) for split, crops in samples.items()
    }


def _encode_crop(sample: Sample) -> bytes:
    """Return a crop as a client sends it."""
    buffer = io.BytesIO()
    cut_crop(sample.load(), sample.box, CROP_MARGIN).save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()


def _time(candidates: Sequence[Candidate], crop: bytes, rounds: int) -> list[tuple[float, float, float]]:
    """Time one crop through every model, and from its bytes on; the first is the yardstick.

    Returns
    -------
    list of tuple of float
        For each: median milliseconds of the model, their ratio to the yardstick's, and median
        milliseconds of the whole way.
    """
    models: dict[str, Callable[[], object]] = {}
    whole: dict[str, Callable[[], object]] = {}
    for candidate in candidates:
        classifier = load_classifier(read_model(candidate.path))
        tensor = to_tensor(decode(crop), classifier.card)[None]
        session = open_session(candidate.path)
        models[candidate.name] = partial(session.run, [OUTPUT_NAME], {INPUT_NAME: tensor})
        whole[candidate.name] = partial(_classify, crop, classifier)
    model_ms, crop_ms = time_in_turn(models, rounds), time_in_turn(whole, rounds)
    yardstick = model_ms[candidates[0].name]
    return [
        (
            float(np.median(model_ms[candidate.name])),
            ratio(model_ms[candidate.name], yardstick),
            float(np.median(crop_ms[candidate.name])),
        )
        for candidate in candidates
    ]


def _classify(crop: bytes, classifier: Classifier) -> None:
    classifier.probabilities(to_tensor(decode(crop), classifier.card)[None])
