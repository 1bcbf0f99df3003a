"""Builds the Lambda artefact: `make build`."""

import sys
import tempfile
from pathlib import Path

from maskinfra import layout
from maskinfra.artifact import measure
from maskinfra.errors import InfraError
from maskinfra.local_build import build_here


def main() -> int:
    """Build, print where and how large; return the exit status."""
    try:
        artifact = build_here()
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
