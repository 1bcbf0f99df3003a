from pathlib import Path

import pytest

from maskinfra import layout
from maskinfra.deployment import overrides
from maskinfra.errors import SetupError
from maskinfra.target import BuildRecord, Target, sources_digest


@pytest.fixture
def artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(layout, "SAM_ARTIFACT", tmp_path)
    BuildRecord(Target("3.13", "arm64"), sources_digest()).write(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("artifact")
def test_the_architecture_is_the_artefacts_and_the_revision_is_new() -> None:
    first, second = (overrides(["AlarmEmail=door@example.org", "MemorySize=1024"]) for _ in range(2))
    assert first[:3] == ["AlarmEmail=door@example.org", "MemorySize=1024", "Architecture=arm64"]
    revisions = [told[3].removeprefix("Revision=") for told in (first, second)]
    assert revisions[0][:10] != revisions[1][:10]  # as much as SAM looks at


@pytest.mark.usefixtures("artifact")
@pytest.mark.parametrize(
    "argument", ["AlarmMail=x@y", "MemorySize", "Architecture=arm64", "Revision=1", "Type=x"]
)
def test_what_is_no_parameter_is_refused(argument: str) -> None:
    with pytest.raises(
        SetupError, match=r"is no parameter.*AlarmEmail, Deployment, .*SnapStart\.$"
    ) as caught:
        overrides([argument])
    assert "Architecture," not in str(caught.value)


def test_what_was_not_built_is_not_deployed(artifact: Path) -> None:
    BuildRecord(Target("3.13", "arm64"), "of yesterday").write(artifact)
    with pytest.raises(SetupError, match="run `make build`"):
        overrides([])
