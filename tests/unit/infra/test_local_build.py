import sys
from pathlib import Path

import pytest

from maskinfra import layout, local_build
from maskinfra.errors import BuildError
from maskinfra.target import ARCHITECTURE_VARIABLE, Target, host_architecture

HERE = Target("{}.{}".format(*sys.version_info[:2]), host_architecture())


class Builder:
    def __init__(self) -> None:
        self.calls: list[tuple[Path, Target, Path]] = []

    def __call__(self, artifact: Path, target: Target, python: Path) -> None:
        self.calls.append((artifact, target, python))


def test_without_lambdas_python_the_one_at_hand_is_built_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = Builder()
    monkeypatch.setattr(local_build, "find_python", lambda _: None)
    monkeypatch.setattr(local_build, "build", builder)
    assert local_build.build_here() == layout.LOCAL_ARTIFACT
    assert builder.calls == [(layout.LOCAL_ARTIFACT, HERE, Path(sys.executable))]
    told = capsys.readouterr().out
    assert "which this machine lacks" in told
    assert "not to deploy" in told


def test_such_an_artifact_lies_where_no_deployment_looks() -> None:
    assert ".aws-sam" not in layout.LOCAL_ARTIFACT.parts


def test_a_missing_sam_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(local_build, "find_python", lambda _: Path(sys.executable))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="SAM CLI is not installed"):
        local_build.build_here()


def test_sam_is_told_the_architecture_that_is_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sam = tmp_path / "sam"
    sam.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/told\n')
    sam.chmod(0o755)
    monkeypatch.setattr(local_build, "find_python", lambda _: Path(sys.executable))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv(ARCHITECTURE_VARIABLE, "arm64")
    assert local_build.build_here() == layout.SAM_ARTIFACT
    assert (tmp_path / "told").read_text() == "build --parameter-overrides Architecture=arm64\n"


def test_a_failing_sam_build_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sam = tmp_path / "sam"
    sam.write_text("#!/bin/sh\nexit 1\n")
    sam.chmod(0o755)
    monkeypatch.setattr(local_build, "find_python", lambda _: Path(sys.executable))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(BuildError, match="`sam build` failed"):
        local_build.build_here()
