"""How much memory a process has, read from /proc (Linux)."""

import re
from pathlib import Path


def peak_mb(pid: int | str = "self") -> float:
    """Return the most that was ever resident of a process since it began its program, in MB of 2**20 bytes.

    Not ``getrusage``: its figure begins with that of the process that started this one.
    """
    return _field(pid, "VmHWM")


def resident_mb(pid: int | str = "self") -> float:
    """Return what is resident of a process now, in MB of 2**20 bytes."""
    return _field(pid, "VmRSS")


def _field(pid: int | str, name: str) -> float:
    told = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(rf"^{name}:\s+(\d+) kB$", told, re.MULTILINE)
    if found is None:
        raise ValueError(f"/proc/{pid}/status has no {name}")
    return int(found[1]) / 1024.0
