from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from masktrain.errors import ConcurrentChange, RegistryError
from masktrain.release.manifest import Manifest, utc_now
from masktrain.release.publish import describe_model
from masktrain.release.registry import Alias, Registry, clean_prefix
from tests.unit.masktrain.release.conftest import BUCKET
from tests.unit.masktrain.release.tinymodel import write_tiny_model

Release = tuple[Manifest, bytes]


@pytest.fixture
def first(tmp_path: Path) -> Release:
    return release(tmp_path, "1.0.0")


def release(folder: Path, version: str, scale: float = 1.0) -> Release:
    model = write_tiny_model(folder / f"{version}-{scale}.onnx", version, scale).read_bytes()
    return describe_model("m.onnx", model)[0], model


def alias_of(manifest: Manifest) -> Alias:
    return Alias(
        version=manifest.version,
        sha256=manifest.sha256,
        path=manifest.path,
        moved=utc_now(),
        action="promote",
    )


def keys(registry: Registry) -> list[str]:
    return [
        entry["Key"] for entry in registry.bucket.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    ]


def test_a_model_lies_where_the_layout_says(registry: Registry, first: Release) -> None:
    manifest, model = first
    assert registry.add(manifest, model)
    base = "mask-classifier/versions/1.0.0"
    assert keys(registry) == sorted([f"{base}/{manifest.sha256}/model.onnx", f"{base}/manifest.json"])
    stored = registry.bucket.client.get_object(Bucket=BUCKET, Key=f"{base}/{manifest.sha256}/model.onnx")
    assert stored["Body"].read() == model
    assert stored["Metadata"] == {"name": "mask-classifier", "version": "1.0.0", "sha256": manifest.sha256}
    assert registry.published("1.0.0") == manifest


def test_the_same_model_again_changes_nothing(registry: Registry, first: Release) -> None:
    manifest, model = first
    registry.add(manifest, model)
    later = manifest.model_copy(update={"opset": 99})
    assert not registry.add(later, model)
    assert registry.published("1.0.0") == manifest


def test_a_version_never_changes(registry: Registry, first: Release, tmp_path: Path) -> None:
    registry.add(*first)
    with pytest.raises(RegistryError, match=r"1\.0\.0 was published on .* with other bytes"):
        registry.add(*release(tmp_path, "1.0.0", scale=2.0))
    assert registry.published("1.0.0") == first[0]
    assert len(keys(registry)) == 2  # refused before anything was sent


@dataclass(frozen=True)
class SlowRegistry(Registry):
    """Looks for a version a moment before another publisher has written it."""

    looks = 0

    def manifest(self, version: str) -> Manifest | None:
        object.__setattr__(self, "looks", self.looks + 1)
        return None if self.looks == 1 else super().manifest(version)


def test_the_second_of_two_publishers_at_once_is_refused(
    registry: Registry, first: Release, tmp_path: Path
) -> None:
    registry.add(*first)
    slow = SlowRegistry(registry.bucket)
    with pytest.raises(RegistryError, match="with other bytes"):
        slow.add(*release(tmp_path, "1.0.0", scale=2.0))
    assert registry.published("1.0.0") == first[0]


def test_two_publishers_of_one_model_do_not_disturb_each_other(registry: Registry, first: Release) -> None:
    registry.add(*first)
    assert not SlowRegistry(registry.bucket).add(*first)


@dataclass(frozen=True)
class BlindRegistry(Registry):
    """Never finds a manifest, as while another upload is under way."""

    def manifest(self, version: str) -> Manifest | None:  # noqa: ARG002
        return None


def test_an_upload_under_way_is_told(registry: Registry, first: Release) -> None:
    registry.add(*first)
    with pytest.raises(ConcurrentChange, match="is being published right now"):
        BlindRegistry(registry.bucket).add(*first)


def test_an_upload_that_was_cut_off_is_finished(registry: Registry, first: Release) -> None:
    manifest, model = first
    registry.bucket.write(registry.prefix + manifest.path, model, "application/octet-stream")
    assert registry.manifests() == []
    assert registry.add(manifest, model)
    assert registry.manifests() == [manifest]


def test_a_model_that_was_changed_or_lost_is_told(registry: Registry, first: Release) -> None:
    manifest, model = first
    registry.add(manifest, model)
    client, key = registry.bucket.client, registry.prefix + manifest.path
    client.put_object(Bucket=BUCKET, Key=key, Body=model[::-1], ChecksumAlgorithm="SHA256")
    with pytest.raises(RegistryError, match=r"is not the model that was published as 1\.0\.0"):
        registry.published("1.0.0")
    client.put_object(Bucket=BUCKET, Key=key, Body=model[:-1])
    with pytest.raises(RegistryError, match="is not the model"):
        registry.published("1.0.0")
    client.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(RegistryError, match=rf"is missing: s3://{BUCKET}/{key}"):
        registry.published("1.0.0")


def test_versions_are_listed_newest_first_and_foreign_objects_passed_over(
    registry: Registry, tmp_path: Path
) -> None:
    for version, hour in (("1.10.0", 9), ("1.9.0", 8), ("2.0.0-rc.1", 10)):
        manifest, model = release(tmp_path, version)
        registry.add(manifest.model_copy(update={"created": utc_now().replace(year=2026, hour=hour)}), model)
    registry.bucket.write("mask-classifier/versions/notes.txt", b"", "text/plain")
    assert [manifest.version for manifest in registry.manifests()] == ["2.0.0-rc.1", "1.10.0", "1.9.0"]


def test_a_manifest_that_cannot_be_read_is_named(registry: Registry) -> None:
    registry.bucket.write(
        "mask-classifier/versions/1.0.0/manifest.json", b'{"layout": 2}', "application/json"
    )
    with pytest.raises(RegistryError, match=r"versions/1\.0\.0/manifest\.json is not what .*: layout: "):
        registry.manifest("1.0.0")
    registry.bucket.write("mask-classifier/versions/2.0.0/manifest.json", b"no JSON", "application/json")
    with pytest.raises(RegistryError, match="document: Invalid JSON"):
        registry.manifest("2.0.0")


def test_an_alias_is_moved_only_from_where_it_was_read(
    registry: Registry, first: Release, tmp_path: Path
) -> None:
    one, two = alias_of(first[0]), alias_of(release(tmp_path, "2.0.0")[0])
    assert registry.alias("production") is None
    registry.move("production", one, None)
    with pytest.raises(ConcurrentChange, match=r"Somebody moved production to 1\.0\.0 in the meantime"):
        registry.move("production", two, None)
    before = registry.alias("production")
    registry.move("production", two, before)
    with pytest.raises(ConcurrentChange, match=r"to 2\.0\.0"):
        registry.move("production", one, before)
    assert registry.aliases() == {"production": two}


def test_a_write_whose_answer_was_lost_is_no_conflict(registry: Registry, first: Release) -> None:
    alias = alias_of(first[0])
    registry.move("production", alias, None)
    before = registry.alias("production")
    moved = alias.model_copy(update={"history": (alias.position(),)})
    registry.move("production", moved, before)
    registry.move("production", moved, before)  # as the client does after a time-out
    assert registry.aliases() == {"production": moved}


def test_an_alias_that_was_deleted_is_not_made_anew(registry: Registry, first: Release) -> None:
    alias = alias_of(first[0])
    registry.move("staging", alias, None)
    before = registry.alias("staging")
    registry.bucket.client.delete_object(Bucket=BUCKET, Key="mask-classifier/aliases/staging.json")
    with pytest.raises(ConcurrentChange, match="Somebody moved staging in the meantime"):
        registry.move("staging", alias, before)


@pytest.mark.parametrize("name", ["", "Production", "a/b", "-x", "x" * 64, "a.json"])
def test_a_name_that_makes_no_key_is_refused(registry: Registry, name: str) -> None:
    with pytest.raises(RegistryError, match="no name for an alias"):
        registry.alias(name)


@pytest.mark.parametrize(("given", "clean"), [("a", "a/"), ("/a/b/", "a/b/"), ("", ""), ("/", "")])
def test_prefixes_are_told_apart_by_name_alone(given: str, clean: str) -> None:
    assert clean_prefix(given) == clean


def test_prefixes_keep_models_apart(registry: Registry, first: Release) -> None:
    other = replace(registry, prefix="another/")
    registry.add(*first)
    assert other.manifests() == []
    assert other.add(*first)
    with pytest.raises(RegistryError, match=r"Version 3\.0\.0 is not published here"):
        other.published("3.0.0")
