from dataclasses import replace
from pathlib import Path

import pytest

from maskinfra import layout, target
from maskinfra.errors import SetupError
from maskinfra.stacks import API
from maskinfra.target import ARCHITECTURE_VARIABLE, BuildRecord, Target


def write_template(path: Path, runtime: str, parameter: str) -> None:
    path.write_text(f"Parameters:\n{parameter}\nResources:\n  F:\n      Runtime: {runtime}\n")


def parameter(default: str) -> str:
    return f"  Architecture:\n    Type: String\n    Default: {default}\n    AllowedValues: [x86_64, arm64]"


@pytest.fixture(autouse=True)
def no_architecture_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ARCHITECTURE_VARIABLE, raising=False)


def test_the_template_says_what_is_built() -> None:
    assert Target.of_template() == Target("3.13", "x86_64")


def test_another_target_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = tmp_path / "template.yaml"
    write_template(template, "python3.14", parameter("arm64"))
    monkeypatch.setattr(layout, "TEMPLATE", template)
    assert Target.of_template() == Target("3.14", "arm64")


def test_the_environment_stands_in_for_the_parameters_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ARCHITECTURE_VARIABLE, "arm64")
    assert Target.of_template() == Target("3.13", "arm64")
    monkeypatch.setenv(ARCHITECTURE_VARIABLE, "mips")
    with pytest.raises(SetupError, match="'mips' is no architecture of Lambda's"):
        Target.of_template()


@pytest.mark.parametrize(
    ("runtime", "told"),
    [
        ("nodejs22.x", parameter("arm64")),
        ("python3.13", ""),
        ("python3.13", "  Architecture:\n    Default: arm64"),
    ],
)
def test_a_target_that_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str, told: str
) -> None:
    template = tmp_path / "template.yaml"
    write_template(template, runtime, told)
    monkeypatch.setattr(layout, "TEMPLATE", template)
    with pytest.raises(SetupError, match=r"template\.yaml must have one line 'Runtime: python3\.N'"):
        Target.of_template()


@pytest.mark.parametrize(("machine", "runs"), [("AMD64", True), ("x86_64", True), ("aarch64", False)])
def test_whether_a_target_runs_on_a_machine(
    monkeypatch: pytest.MonkeyPatch, machine: str, *, runs: bool
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert Target("3.13", "x86_64").runs_here is runs


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = BuildRecord(Target("3.13", "arm64"), "abc")
    record.write(tmp_path)
    assert BuildRecord.read(tmp_path) == record


def test_an_unfinished_artifact_has_no_record(tmp_path: Path) -> None:
    assert BuildRecord.read(tmp_path) is None


def test_changed_sources_make_an_artifact_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "repository"
    package = root / "function" / "maskservice"
    package.mkdir(parents=True)
    module = package / "app.py"
    module.write_text("one = 1\n")
    for name, path in {"REQUIREMENTS": root / "requirements.txt", "MODEL": root / "model.onnx"}.items():
        path.write_text(name)
        monkeypatch.setattr(layout, name, path)
    builder = root / "target.py"
    for name in target.BUILDER_MODULES:
        builder.with_name(name).write_text(name)
    monkeypatch.setattr(target, "__file__", str(builder))
    monkeypatch.setattr(layout, "ROOT", root)
    monkeypatch.setattr(layout, "PACKAGE", package)
    local = tmp_path / "local"
    local.mkdir()
    stack = replace(API, built=tmp_path / "sam", local=local)

    assert target.built_artifact(stack) is None
    digest = target.sources_digest(stack.additions)
    BuildRecord(Target("3.11", target.host_architecture()), digest).write(local)
    assert target.built_artifact(stack) == local
    module.write_text("one = 2\n")
    assert target.built_artifact(stack) is None
