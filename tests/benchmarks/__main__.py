"""Measures the function: ``PYTHONPATH=infra python -m tests.benchmarks``, or `make bench`.

One table from one run. What is compared is measured in turn; machines differ and are busy, so read the
ratios and not the milliseconds.
"""

import platform
import sys
import tempfile
from pathlib import Path

from maskinfra.errors import InfraError
from maskinfra.local_build import build_here
from maskinfra.target import built_artifact
from tests.benchmarks import cost, decoding, emulated, imports, warm
from tests.benchmarks.rows import Row, table, write

SECONDS_PER_CASE = 8.0
COLD_STARTS = 9


def run(seconds: float = SECONDS_PER_CASE, starts: int = COLD_STARTS) -> tuple[list[Row], dict[int, float]]:
    """Measure everything; return the rows, and the milliseconds of a request by its number of crops."""
    rows, request_ms = warm.measure(seconds)
    rows += decoding.measure(seconds)
    artifact = built_artifact()
    if artifact is None:
        build_here()
        artifact = built_artifact()
    if artifact is None:
        raise InfraError("The artefact does not run on this machine; only the first rows can be measured.")
    with tempfile.TemporaryDirectory(dir=artifact.parent) as folder:
        rows += emulated.warm(artifact, Path(folder), seconds)
        rows += emulated.cold(artifact, starts)
        rows += emulated.memory(artifact)
        rows += emulated.size(artifact, Path(folder))
    return rows + imports.measure(artifact), request_ms


def main() -> int:
    """Print the table and the prices; write the report."""
    try:
        rows, request_ms = run()
    except InfraError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}\n")
    print(table(rows))
    print(f"\nA million crops, by the requests they come in:\n\n{cost.table(request_ms)}")
    write(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
