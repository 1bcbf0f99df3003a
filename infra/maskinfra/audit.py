"""Asks pip-audit about the locks, and tells "nothing known" apart from "nothing asked"."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskinfra import layout

LOCKS = (
    layout.REQUIREMENTS,
    layout.INFRA / "container" / "requirements.txt",
    layout.ROOT / "client" / "requirements.txt",
    layout.TEST_REQUIREMENTS,
)
"""Every lock: what is deployed, in Lambda and in the container, and what runs beside it."""


@dataclass(frozen=True)
class Audit:
    """What is known of one lock.

    Attributes
    ----------
    vulnerable : tuple of str
        A line for each known vulnerability.
    unknown : tuple of str
        Packages that nobody could be asked about.
    audited : int
        How many packages were looked up.
    """

    vulnerable: tuple[str, ...]
    unknown: tuple[str, ...]
    audited: int

    @classmethod
    def of_report(cls, report: dict[str, Any]) -> "Audit":
        """Read a report of ``pip-audit --format json``."""
        vulnerable, unknown, audited = [], [], 0
        for package in report["dependencies"]:
            if "skip_reason" in package:
                unknown.append(package["name"])
                continue
            audited += 1
            for known in package["vulns"]:
                fixed = ", ".join(known.get("fix_versions", ())) or "no version yet"
                vulnerable.append(f"{package['name']} {package['version']}: {known['id']}, fixed in {fixed}")
        return cls(tuple(vulnerable), tuple(unknown), audited)


def audit(lock: Path) -> Audit | str:
    """Look a lock's packages up in the database of the package index; return why that failed if it did."""
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return Audit.of_report(json.loads(result.stdout))
    except ValueError:
        return (result.stderr.strip().splitlines() or ["no reason given"])[-1]
