"""Deploys what was built: `make deploy`. Arguments: the template's parameters as NAME=VALUE."""

import os
import subprocess
import sys
from pathlib import Path

from maskinfra.deployment import overrides
from maskinfra.errors import InfraError


def main() -> int:
    """Run `sam deploy`; return its exit status, or 2 where there is nothing sound to deploy."""
    try:
        told = overrides(sys.argv[1:])
    except InfraError as error:
        print(error, file=sys.stderr)
        return 2
    sam = Path(sys.executable).with_name("sam")
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    return subprocess.run(
        [sam, "deploy", "--parameter-overrides", *told], env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
