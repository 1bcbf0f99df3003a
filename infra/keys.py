"""Makes, lists and revokes the keys of integrators: `make key`, `make keys`, `make revoke-key`."""

import argparse
import sys
from collections.abc import Sequence

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, NoRegionError

from maskinfra.errors import InfraError, KeysError
from maskinfra.keys import Keys

ROW = "{:<32} {:<12} {:<9} {}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one of the three; return 0, or 2 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="keys", description=__doc__)
    parser.add_argument("action", choices=["create", "list", "revoke"])
    parser.add_argument("name", nargs="?", help="the key's, such as door-12")
    parser.add_argument("--stack", default="maskcheck", help="the deployed stack's (default: %(default)s)")
    told = parser.parse_args(arguments)
    if told.action != "list" and not told.name:
        parser.error("name the key: NAME=door-12")
    try:
        _run(_keys(told.stack), told.action, told.name)
    except InfraError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _keys(stack: str) -> Keys:
    config = Config(retries={"mode": "standard", "total_max_attempts": 5})
    try:
        gateway, formation = (
            boto3.client("apigateway", config=config),
            boto3.client("cloudformation", config=config),
        )
    except NoRegionError as error:
        raise KeysError("No region: set AWS_DEFAULT_REGION, or AWS_PROFILE to one that has it.") from error
    except BotoCoreError as error:
        raise KeysError(f"AWS cannot be used: {error}") from error
    return Keys.of_stack(stack, gateway, formation)


def _run(keys: Keys, action: str, name: str) -> None:
    if action == "create":
        print(keys.create(name))
        print("This is the only time it is shown; it works within a minute.", file=sys.stderr)
    elif action == "revoke":
        keys.revoke(name)
        print(f"{name} is revoked.")
    else:
        print(ROW.format("name", "id", "enabled", "created"))
        for key in keys.all():
            note = "  (of the stack)" if key.stacks_own else ""
            print(
                ROW.format(key.name, key.id, "yes" if key.enabled else "no", f"{key.created:%Y-%m-%d}{note}")
            )


if __name__ == "__main__":
    sys.exit(main())
