"""Command-line options that several commands share, and the commands' type."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 (argparse names it nowhere else)
else:
    Commands = argparse._SubParsersAction  # noqa: SLF001

IMAGENET = "tf2_mobilenet_v2_1.0_224_dequant_fp32.npz"
TEACHER = "yunet_n_320_320.onnx"
MODEL = Path("models/mask_classifier.onnx")
REPORT = Path("models/MODEL_CARD.md")
BUILD = Path("build/train")


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``."""
    parser.add_argument("--data", type=Path, required=True, help="folder with faces.csv and its pictures")


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Add ``--weights``."""
    parser.add_argument("--weights", type=Path, required=True, help=f"folder with {IMAGENET} and {TEACHER}")


def add_start(parser: argparse.ArgumentParser) -> None:
    """Add ``--weights`` of a training: a file, a folder, or a word for where else to start from."""
    parser.add_argument(
        "--weights",
        required=True,
        metavar="FILE|FOLDER|imagenet|none",
        help=f"ImageNet weights to start from: torchvision's .pth of the architecture, {IMAGENET} for "
        "mobilenet_v2, or a folder with one of them; imagenet downloads torchvision's, none starts at random",
    )


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``, ``--report`` and ``--notes``."""
    parser.add_argument("--model", type=Path, default=MODEL, help="the ONNX file")
    parser.add_argument("--report", type=Path, default=REPORT, help="the Markdown document")
    parser.add_argument("--notes", type=Path, help="Markdown about the data, put at the report's end")
