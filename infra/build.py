"""Builds a Lambda artefact: `make build`, or `make build-batch`."""

import argparse
import sys
import tempfile
from pathlib import Path

from maskinfra import layout, website
from maskinfra.additions import PAGE
from maskinfra.artifact import measure
from maskinfra.errors import InfraError
from maskinfra.local_build import build_here
from maskinfra.stacks import STACKS


def main() -> int:
    """Build, print where and how large; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", choices=STACKS, default="api")
    stack = STACKS[parser.parse_args().stack]
    try:
        if PAGE in stack.additions:
            website.build(PAGE.source, extras=False)
        artifact = build_here(stack)
    except InfraError as error:
        print(error, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        size = measure(artifact, Path(folder) / "artifact.zip")
    place = artifact.relative_to(layout.ROOT)
    print(f"{place}: {size.unzipped / 1e6:.1f} MB, zipped {size.zipped / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
