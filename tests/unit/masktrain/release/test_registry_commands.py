import argparse
import json
from pathlib import Path

import pytest

from masktrain.errors import PromotionRefused
from masktrain.release import registry_commands
from masktrain.release.registry import DEFAULT_ALIAS, DEFAULT_PREFIX, Registry
from masktrain.release.registry_commands import add_registry_commands
from tests.unit.masktrain.release.conftest import BUCKET
from tests.unit.masktrain.release.tinymodel import FIGURES, write_tiny_model


def run(*arguments: str, bucket: str = BUCKET) -> None:
    parser = argparse.ArgumentParser()
    add_registry_commands(parser.add_subparsers(required=True))
    options = parser.parse_args([*arguments, "--bucket", bucket])
    options.run(options)


@pytest.fixture
def models(tmp_path: Path) -> list[str]:
    worse = FIGURES | {"val_macro_f1": 0.9}
    return [
        str(write_tiny_model(tmp_path / "1.onnx", "1.0.0")),
        str(write_tiny_model(tmp_path / "2.onnx", "1.1.0")),
        str(write_tiny_model(tmp_path / "3.onnx", "1.2.0", metrics=worse)),
    ]


def test_a_models_way_into_production_and_back(
    registry: Registry, models: list[str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for model in models:
        run("publish", model, "--data", str(data))
    assert (
        f"Published mask-classifier 1.0.0: s3://{BUCKET}/mask-classifier/versions/1.0.0/"
        in capsys.readouterr().out
    )
    run("promote", "1.0.0")
    assert capsys.readouterr().out == "production means 1.0.0 now.\n"
    run("promote", "1.1.0")
    assert "val_macro_f1: promoted 0.9700, candidate 0.9700\n" in capsys.readouterr().out
    with pytest.raises(PromotionRefused):
        run("promote", "1.2.0")
    run("promote", "1.2.0", "--force")
    told = capsys.readouterr().out
    assert "Forced in spite of: val_macro_f1: promoted 0.9700, candidate 0.9000; lower by 0.0700" in told
    assert told.endswith("production means 1.2.0 now.\n")
    run("promote", "1.2.0")
    assert capsys.readouterr().out == "production means 1.2.0 already.\n"
    run("rollback")
    assert capsys.readouterr().out == "production means 1.1.0 now, and no longer 1.2.0.\n"
    run("rollback", "--to", "1.0.0")
    assert registry.aliases()["production"].version == "1.0.0"


def test_what_can_not_be_compared_is_told_when_published(
    registry: Registry, models: list[str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("publish", models[0])
    assert "lacks test_set, val_set, so no model can be compared" in capsys.readouterr().out
    run("publish", models[0], "--data", str(data))
    told = capsys.readouterr().out
    assert told.startswith("Already published: mask-classifier 1.0.0: ")
    assert "Its manifest was left as it is" in told
    assert registry.published("1.0.0").figures.test_set is None


def test_the_list_for_people(
    registry: Registry, models: list[str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("models")
    assert capsys.readouterr().out == f"No version is published under s3://{BUCKET}/mask-classifier/.\n"
    run("publish", models[0], "--data", str(data))
    run("publish", models[1])
    run("promote", "1.0.0")
    run("promote", "1.0.0", "--alias", "staging")
    capsys.readouterr()
    run("models")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    (line,) = [line for line in lines if line.startswith("1.0.0")]
    assert "production, staging" in line
    assert "0.9900" in line
    manifest = registry.published("1.0.0")
    assert manifest.sha256[:12] in line
    assert str(manifest.figures.test_set)[:12] in line
    (other,) = [line for line in lines if line.startswith("1.1.0")]
    assert other.rstrip().endswith("-")


def test_an_alias_of_a_version_that_is_gone_is_told(
    registry: Registry, models: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run("publish", models[0])
    run("promote", "1.0.0")
    registry.bucket.client.delete_object(Bucket=BUCKET, Key="mask-classifier/versions/1.0.0/manifest.json")
    run("models")
    assert "production means 1.0.0, which is not published here." in capsys.readouterr().out


def test_the_list_for_programs(
    registry: Registry, models: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run("publish", models[0])
    run("promote", "1.0.0")
    capsys.readouterr()
    run("models", "--json")
    listed = json.loads(capsys.readouterr().out)
    assert [manifest["version"] for manifest in listed["versions"]] == ["1.0.0"]
    assert listed["aliases"]["production"]["sha256"] == registry.published("1.0.0").sha256


def test_a_prefix_of_ones_own(registry: Registry, models: list[str]) -> None:
    run("publish", models[0], "--prefix", "/doors/north")
    assert registry.bucket.children("doors/north/versions/1.0.0/")
    assert registry.manifests() == []


def test_the_commands_know_the_registrys_defaults() -> None:
    assert (registry_commands._PREFIX, registry_commands._ALIAS) == (DEFAULT_PREFIX, DEFAULT_ALIAS)
