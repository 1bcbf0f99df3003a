"""Deploys what was built: `make deploy`, or `make deploy-batch`."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from maskinfra import layout
from maskinfra.deployment import overrides
from maskinfra.errors import InfraError
from maskinfra.stacks import STACKS


def main() -> int:
    """Run `sam deploy`; return its exit status, or 2 where there is nothing sound to deploy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", choices=STACKS, default="api")
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE", help="the template's parameters")
    arguments = parser.parse_args()
    stack = STACKS[arguments.stack]
    try:
        told = overrides(arguments.parameters, stack)
    except InfraError as error:
        print(error, file=sys.stderr)
        return 2
    sam = Path(sys.executable).with_name("sam")
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    # SAM looks for its settings beside the template, which is the built one.
    settings = ["--config-file", layout.ROOT / "samconfig.toml", "--config-env", stack.environment]
    command = [sam, "deploy", "--template-file", stack.built / "template.yaml", *settings]
    return subprocess.run([*command, "--parameter-overrides", *told], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
