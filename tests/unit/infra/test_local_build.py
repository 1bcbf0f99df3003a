import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from maskinfra import local_build
from maskinfra.additions import Addition
from maskinfra.errors import BuildError
from maskinfra.stacks import API, BATCH, Stack
from maskinfra.target import ARCHITECTURE_VARIABLE, Target, host_architecture

HERE = Target("{}.{}".format(*sys.version_info[:2]), host_architecture())


class Builder:
    def __init__(self) -> None:
        self.calls: list[tuple[Path, Target, Path, Sequence[Addition]]] = []

    def __call__(self, artifact: Path, target: Target, python: Path, additions: Sequence[Addition]) -> None:
        self.calls.append((artifact, target, python, additions))


@pytest.mark.parametrize("stack", [API, BATCH])
def test_without_lambdas_python_the_one_at_hand_is_built_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stack: Stack
) -> None:
    builder = Builder()
    monkeypatch.setattr(local_build, "find_python", lambda _: None)
    monkeypatch.setattr(local_build, "build", builder)
    assert local_build.build_here(stack) == stack.local
    assert builder.calls == [(stack.local, HERE, Path(sys.executable), stack.additions)]
    told = capsys.readouterr().out
    assert "which this machine lacks" in told
    assert "not to deploy" in told


def test_such_an_artifact_lies_where_no_deployment_looks() -> None:
    assert all(".aws-sam" not in stack.local.parts for stack in (API, BATCH))


def test_what_is_built_for_one_stack_leaves_the_other_alone() -> None:
    assert API.local != BATCH.local
    assert not BATCH.built.is_relative_to(API.built)
    assert not API.built.is_relative_to(BATCH.built)


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
    assert local_build.build_here(BATCH) == BATCH.artifact
    places = f"--template-file {BATCH.template} --build-dir {BATCH.built}"
    assert (tmp_path / "told").read_text() == f"build {places} --parameter-overrides Architecture=arm64\n"


def test_a_failing_sam_build_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sam = tmp_path / "sam"
    sam.write_text("#!/bin/sh\nexit 1\n")
    sam.chmod(0o755)
    monkeypatch.setattr(local_build, "find_python", lambda _: Path(sys.executable))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(BuildError, match="`sam build` failed"):
        local_build.build_here()
