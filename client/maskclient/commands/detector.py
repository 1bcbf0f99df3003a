"""``maskclient detector``: fetches the model files of detectors that are not part of the project."""

import argparse
from pathlib import Path

from maskclient.commands.exitcodes import ALL_WELL
from maskclient.detectorfiles import FILES, install


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("detector", help="fetch the model file of another face detector")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    fetch = actions.add_parser(
        "install",
        help="download a model file from its authors, check it, and keep it for --detector",
        description="Download a model file from its authors' repository. Its SHA-256 is checked first.",
    )
    fetch.add_argument("name", choices=sorted(FILES))
    fetch.add_argument("--folder", type=Path, metavar="DIR", help="keep it there, not in the usual folder")
    fetch.set_defaults(run=run_install)


def run_install(options: argparse.Namespace) -> int:
    """Fetch one; see ``maskclient detector install --help``."""
    print(install(options.name, options.folder))
    return ALL_WELL
