"""The commands that make and mend a data set. Each imports what it needs when it runs."""

import argparse
from pathlib import Path

from masktrain.options import BUILD, TEACHER, Commands, add_data, add_weights


def add_commands(commands: Commands) -> None:
    """Add this room's commands to the program's."""
    landmarks = commands.add_parser("landmarks", help="find the landmarks that masks are drawn by")
    add_data(landmarks)
    add_weights(landmarks)
    landmarks.add_argument("--out", type=Path, default=BUILD / "landmarks.json")
    landmarks.set_defaults(run=_landmarks)


def _landmarks(options: argparse.Namespace) -> None:
    from masktrain.dataset.landmarks import find_landmarks

    shares = find_landmarks(options.data, options.weights / TEACHER, options.out)
    print("Median place in the box (x, y): eyes, nose, corners of the mouth")
    for x, y in shares.tolist():
        print(f"{x:.3f} {y:.3f}")
