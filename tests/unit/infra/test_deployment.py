from dataclasses import replace
from pathlib import Path

import pytest

from maskinfra.additions import OF_FUNCTION, PAGE, Addition
from maskinfra.deployment import overrides
from maskinfra.errors import SetupError
from maskinfra.stacks import API, BATCH, Stack
from maskinfra.target import BuildRecord, Target, sources_digest


def built(stack: Stack, folder: Path) -> Stack:
    stack = replace(stack, built=folder)
    stack.artifact.mkdir()
    BuildRecord(Target("3.13", "arm64"), sources_digest(stack.additions)).write(stack.artifact)
    return stack


@pytest.fixture
def api(tmp_path: Path) -> Stack:
    return built(API, tmp_path)


def test_the_architecture_is_the_artefacts_and_the_revision_is_new(api: Stack) -> None:
    first, second = (overrides(["AlarmEmail=door@example.org", "MemorySize=1024"], api) for _ in range(2))
    assert first[:3] == ["AlarmEmail=door@example.org", "MemorySize=1024", "Architecture=arm64"]
    revisions = [told[3].removeprefix("Revision=") for told in (first, second)]
    assert revisions[0][:10] != revisions[1][:10]  # as much as SAM looks at


@pytest.mark.parametrize(("additions", "served"), [((), "off"), ((PAGE,), "on")])
def test_the_page_is_served_where_the_artefact_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, additions: tuple[Addition, ...], served: str
) -> None:
    monkeypatch.setitem(OF_FUNCTION, "MaskFunction", additions)
    assert overrides([], built(API, tmp_path))[-1] == f"ServeWeb={served}"


def test_a_stack_without_versions_has_no_revision(tmp_path: Path) -> None:
    told = overrides(["InputDays=2"], built(BATCH, tmp_path))
    assert told == ["InputDays=2", "Architecture=arm64"]


@pytest.mark.parametrize(
    "argument", ["AlarmMail=x@y", "MemorySize", "Architecture=arm64", "Revision=1", "ServeWeb=on", "Type=x"]
)
def test_what_is_no_parameter_is_refused(api: Stack, argument: str) -> None:
    with pytest.raises(
        SetupError, match=r"is no parameter.*AlarmEmail, Deployment, .*SnapStart\.$"
    ) as caught:
        overrides([argument], api)
    assert "Architecture," not in str(caught.value)


@pytest.mark.parametrize(("stack", "target"), [(API, "build"), (BATCH, "build-batch")])
def test_what_was_not_built_is_not_deployed(tmp_path: Path, stack: Stack, target: str) -> None:
    stale = built(stack, tmp_path)
    BuildRecord(Target("3.13", "arm64"), "of yesterday").write(stale.artifact)
    with pytest.raises(SetupError, match=f"run `make {target}`"):
        overrides([], stale)
