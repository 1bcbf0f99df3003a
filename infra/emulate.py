"""Runs every event of infra/events against the built artefact as Lambda would: `make emulate`."""

import json
import sys
import time

from maskinfra import layout
from maskinfra.emulator import Emulator
from maskinfra.errors import InfraError
from maskinfra.expectations import EXPECTATIONS, observed
from maskinfra.target import built_artifact

ROW = "{:<20} {:>6}  {:>8}  {}"


def main() -> int:
    """Print one line per event; return 0 if every answer was as expected, 1 if not, 2 if none came."""
    artifact = built_artifact()
    if artifact is None:
        print("No artefact of the present sources runs here: run `make build`.", file=sys.stderr)
        return 2
    try:
        with Emulator(artifact) as emulator:
            print(f"{artifact.relative_to(layout.ROOT)} (Python {emulator.python_version})\n")
            print(ROW.format("event", "status", "ms", "answer"))
            unexpected = [name for name in EXPECTATIONS if not _run(emulator, name)]
    except InfraError as error:
        print(error, file=sys.stderr)
        return 2
    if unexpected:
        print(f"\nNot as expected: {', '.join(unexpected)}", file=sys.stderr)
        return 1
    print(f"\n{len(EXPECTATIONS)} events, every answer as expected. The first one started the function.")
    return 0


def _run(emulator: Emulator, name: str) -> bool:
    """Send one event and print its line; return whether the answer was as expected."""
    event = json.loads((layout.EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    start = time.perf_counter()
    response = emulator.invoke(event)
    elapsed_ms = (time.perf_counter() - start) * 1000
    expected = EXPECTATIONS[name]
    try:
        as_expected = observed(response) == expected
        told = _tell(json.loads(response["body"]))
    except ValueError as error:
        as_expected, told = False, str(error)
    if not as_expected:
        told += f"  (expected {' '.join([str(expected.status), expected.problem or '', *expected.crops])})"
    print(ROW.format(name, response["statusCode"], f"{elapsed_ms:.1f}", told))
    return as_expected


def _tell(body: dict[str, object]) -> str:
    """Say in a few words what a body says."""
    if "title" in body:
        return f"{body['type']}: {body['detail']}"
    results = body.get("results")
    if isinstance(results, list):
        return ", ".join(result.get("verdict") or result["error"]["type"] for result in results)
    return " ".join(f"{key}={body[key]}" for key in ("status", "name", "version", "openapi") if key in body)


if __name__ == "__main__":
    sys.exit(main())
