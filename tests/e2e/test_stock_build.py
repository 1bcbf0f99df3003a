"""What our build is compared with: SAM's own, of the same sources."""

import json
from pathlib import Path

import pytest

from maskinfra.artifact import unzipped_size
from maskinfra.emulator import Emulator
from maskinfra.errors import BuildError, EmulatorError
from maskinfra.expectations import EXPECTATIONS, observed
from maskinfra.interpreters import find_python
from maskinfra.stock import build_stock
from maskinfra.target import Target
from tests.benchmarks import emulated, imports
from tests.benchmarks.inputs import crops
from tests.benchmarks.warm import classify_event
from tests.e2e.test_emulator import read_event


@pytest.fixture(scope="module")
def stock() -> Path:
    target = Target.of_template()
    if find_python(target.python) is None:
        pytest.skip(f"SAM's own build needs Python {target.python}")
    return build_stock()


def test_it_is_built_once(stock: Path) -> None:
    made = (stock / "build.json").stat().st_mtime_ns
    assert build_stock() == stock
    assert (stock / "build.json").stat().st_mtime_ns == made


def test_it_is_as_sam_leaves_it(stock: Path, artifact: Path) -> None:
    assert not list(stock.rglob("*.pyc"))
    assert unzipped_size(stock) > unzipped_size(artifact)


def test_it_answers_like_ours(stock: Path) -> None:
    with Emulator(stock) as emulator:
        for name in ("jpeg", "one-bad-picture"):
            assert observed(emulator.invoke(read_event(name))) == EXPECTATIONS[name]


def test_without_lambdas_python_there_is_nothing_to_compare_with(
    stock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stock.is_dir()
    monkeypatch.setattr("maskinfra.stock.find_python", lambda _: None)
    monkeypatch.setattr("maskinfra.stock.sources_digest", lambda: "of other sources")
    with pytest.raises(BuildError, match="nothing to compare with"):
        build_stock()


def test_the_bare_handlers_do_what_they_say(artifact: Path, tmp_path: Path) -> None:
    copy = emulated.bare_artifact(artifact, tmp_path)
    with Emulator(copy, "bare.handler") as bare:
        assert len(json.loads(bare.invoke(emulated.bare_event(8))["body"])) == 8
    with Emulator(copy, "bare.nothing") as nothing:
        assert nothing.invoke({}) == {"statusCode": 200}


def test_the_functions_memory_is_its_own(artifact: Path) -> None:
    with Emulator(artifact) as emulator:
        with pytest.raises(EmulatorError, match="invoke it first"):
            emulator.peak_memory()
        emulator.invoke(classify_event(crops(1)))
        small = emulator.peak_memory()
        emulator.invoke(classify_event(crops(16)))
        assert 40e6 < small < emulator.peak_memory() < 300e6


def test_the_import_profile_names_the_packages(
    artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PROFILE", tmp_path / "profile.txt")
    rows = {row.name: row.value for row in imports.measure(artifact)}
    assert rows["import: everything"] > rows["import: fastapi"] > 0
    assert "maskservice.handler" in (tmp_path / "profile.txt").read_text()
    assert "boto3" not in (tmp_path / "profile.txt").read_text()
    assert "maskservice.openapi" not in (tmp_path / "profile.txt").read_text()
    assert "maskservice.website" not in (tmp_path / "profile.txt").read_text()
