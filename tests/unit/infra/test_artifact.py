import zipfile
from pathlib import Path

import pytest

from maskinfra import artifact
from maskinfra.artifact import build, measure
from maskinfra.errors import BuildError
from maskinfra.target import Target


def test_sizes(tmp_path: Path) -> None:
    folder = tmp_path / "artifact"
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "zeros").write_bytes(bytes(100_000))
    (folder / "one").write_bytes(b"1")
    archive = tmp_path / "artifact.zip"
    size = measure(folder, archive)
    assert size.unzipped == 100_001
    assert size.zipped == archive.stat().st_size < 1_000
    with zipfile.ZipFile(archive) as packed:
        assert {name for name in packed.namelist() if not name.endswith("/")} == {"one", "package/zeros"}


def test_a_failing_step_is_told_and_leaves_no_finished_artifact(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no matching distribution >&2\nexit 1\n")
    python.chmod(0o755)
    folder = tmp_path / "artifact"
    with pytest.raises(BuildError, match="Could not install the packages:\nno matching distribution"):
        build(folder, Target("3.13", "x86_64"), python)
    assert not (folder / "build.json").exists()


def test_wheels_newer_than_lambdas_glibc_are_not_asked_for() -> None:
    assert max(artifact._GLIBC_MINORS) == 34  # Amazon Linux 2023
