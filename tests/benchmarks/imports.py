"""What a cold start imports, and how long each package takes: build/import-profile.txt."""

import re
import subprocess
from collections import defaultdict
from pathlib import Path

from maskinfra.errors import EmulatorError
from maskinfra.interpreters import find_python
from maskinfra.target import BuildRecord
from tests.benchmarks.rows import Row

PROFILE = Path("build/import-profile.txt")
SHOWN = 8

_LINE = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \|\s*(\S+)$", re.MULTILINE)
_IMPORT = "import sys; sys.path.insert(0, sys.argv[1]); import maskservice.handler"


def measure(artifact: Path) -> list[Row]:
    """Profile the artefact's import under its own Python; keep the profile, and return the largest shares."""
    record = BuildRecord.read(artifact)
    python = find_python(record.target.python) if record else None
    if python is None:
        raise EmulatorError("There is no Python here for the artefact.")
    command = [str(python), "-I", "-S", "-B", "-X", "importtime", "-c", _IMPORT, str(artifact)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    PROFILE.parent.mkdir(parents=True, exist_ok=True)
    PROFILE.write_text(told, encoding="utf-8")
    packages = by_package(told)
    largest = sorted(packages, key=lambda name: -packages[name])[:SHOWN]
    total = sum(packages.values())
    return [
        Row("import: everything", total / 1000.0, "ms"),
        *(Row(f"import: {name}", packages[name] / 1000.0, "ms") for name in largest),
    ]


def by_package(profile: str) -> dict[str, int]:
    """Add up the microseconds that each top-level package took by itself."""
    spent: dict[str, int] = defaultdict(int)
    for own, _, name in _LINE.findall(profile):
        spent[name.partition(".")[0]] += int(own)
    return dict(spent)
