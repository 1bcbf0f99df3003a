import re
from itertools import pairwise
from pathlib import Path

import pytest

import audit as command
from maskinfra import audit, layout
from maskinfra.audit import LOCKS, Audit

CLEAN = {"name": "pillow", "version": "13.0.0", "vulns": []}
BAD = {"name": "h11", "version": "0.1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["0.2"], "aliases": []}]}
UNKNOWN = {"name": "mangum", "skip_reason": "Dependency not found on PyPI and could not be audited"}
HASHED = re.compile(r"^[\w.-]+==[\w.!+-]+( ; .+)? \\$")


def test_a_report_is_read() -> None:
    told = Audit.of_report({"dependencies": [CLEAN, BAD, UNKNOWN]})
    assert told == Audit(("h11 0.1: PYSEC-1, fixed in 0.2",), ("mangum",), 2)


@pytest.mark.parametrize(
    ("found", "status", "told"),
    [
        (Audit((), (), 9), 0, "9 packages audited, 0 known"),
        (
            Audit((), ("mangum",), 0),
            3,
            "NOT AUDITED, the database cannot be reached or lacks mangum",
        ),
        (Audit(("h11 0.1: PYSEC-1, fixed in 0.2",), ("mangum",), 2), 1, "PYSEC-1"),
        ("no route to host", 3, "NOT AUDITED, the database cannot be reached: no route to host"),
    ],
)
def test_clean_is_told_from_vulnerable_and_from_unasked(
    found: Audit | str,
    status: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "audit", lambda _: found)
    assert command.main() == status
    assert told in capsys.readouterr().out


def test_an_audit_that_fails_says_why(tmp_path: Path) -> None:
    told = audit.audit(tmp_path / "absent.txt")
    assert isinstance(told, str)
    assert "absent.txt" in told


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(layout.ROOT)))
def test_every_package_is_pinned_with_hashes_and_without_an_address(lock: Path) -> None:
    lines = lock.read_text().splitlines()
    pinned = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(pinned) > 10
    assert all(HASHED.match(line) for line in pinned)
    for name, follows in pairwise(lines):
        if name in pinned:
            assert follows.strip().startswith("--hash=sha256:"), name
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted", lock.read_text())


def test_no_other_lock_is_forgotten() -> None:
    known = {lock.relative_to(layout.ROOT) for lock in LOCKS}
    folders = ("function", "infra", "client", "tests", "models")
    found = {
        path.relative_to(layout.ROOT)
        for name in folders
        for path in (layout.ROOT / name).rglob("requirements*.txt")
    }
    assert found == known
