from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from masktrain.dataset.samples import Sample, read_samples
from masktrain.errors import DatasetError, RegistryError
from masktrain.release.manifest import (
    Figures,
    Manifest,
    check_version,
    model_path,
    samples_digest,
    split_digest,
    utc_now,
)

SHA = "ab" * 32


@pytest.fixture
def samples(data: Path) -> list[Sample]:
    return read_samples(data, ("test",))


def manifest(**changes: object) -> Manifest:
    values: dict[str, object] = {
        "name": "mask-classifier",
        "version": "1.2.0",
        "sha256": SHA,
        "bytes": 10,
        "path": model_path("1.2.0", SHA),
        "created": utc_now(),
        "opset": 18,
        "onnxruntime": "1.31.1",
        "figures": Figures(),
        "card": {},
    }
    return Manifest.model_validate(values | changes)


def test_digest_is_that_of_the_pictures_whatever_their_names_and_order(
    samples: list[Sample], tmp_path: Path
) -> None:
    moved = []
    for number, sample in enumerate(reversed(samples)):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(sample.path.read_bytes())
        moved.append(replace(sample, path=path, source="elsewhere"))
    assert samples_digest(moved) == samples_digest(samples)
    assert len(samples_digest(samples)) == 64


@pytest.mark.parametrize(
    "change",
    [{"label": "not_face"}, {"box": (0.0, 0.0, 9.5, 9.0)}, {"face_px": 41}],
    ids=lambda c: next(iter(c)),
)
def test_digest_changes_with_what_figures_depend_on(samples: list[Sample], change: dict[str, object]) -> None:
    first = next(sample for sample in samples if sample.label != "not_face")
    others = [sample for sample in samples if sample is not first]
    changed = replace(first, **change)  # type: ignore[arg-type]  # fields of Sample
    assert samples_digest([changed, *others]) != samples_digest(samples)


def test_digest_changes_with_a_picture_and_with_a_missing_one(samples: list[Sample], tmp_path: Path) -> None:
    other = tmp_path / "other.jpg"
    other.write_bytes(samples[0].path.read_bytes() + b"\0")
    digests = {
        samples_digest(samples),
        samples_digest(samples[1:]),
        samples_digest([*samples, samples[0]]),
        samples_digest([replace(samples[0], path=other), *samples[1:]]),
    }
    assert len(digests) == 4


def test_digest_of_a_split_is_that_of_its_samples(data: Path, samples: list[Sample]) -> None:
    assert split_digest(data, "test") == samples_digest(samples)


def test_a_picture_that_is_gone_is_named(samples: list[Sample], tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.jpg cannot be read"):
        samples_digest([replace(samples[0], path=tmp_path / "gone.jpg")])


@pytest.mark.parametrize("version", ["1.0.0", "0.10.2", "2.0.0-rc.1", "1.0.0-alpha-7.0"])
def test_versions_by_semantic_versioning(version: str) -> None:
    assert check_version(version) == version


@pytest.mark.parametrize(
    "version", ["1.0", "v1.0.0", "1.0.0+5", "01.0.0", "1.0.0\n", "../1.0.0", "1.0.0-01", "\u0661.0.0"]
)
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(RegistryError, match="is no version"):
        check_version(version)
    with pytest.raises(ValidationError):
        manifest(version=version, path=model_path(version, SHA))


def test_manifest_reads_back_and_forgives_new_fields() -> None:
    written = manifest()
    assert Manifest.model_validate_json(written.model_dump_json()) == written
    assert Manifest.model_validate({**written.model_dump(), "signature": "later"}) == written


@pytest.mark.parametrize(
    "change", [{"layout": 2}, {"path": "versions/9.9.9/x/model.onnx"}, {"sha256": "xyz"}]
)
def test_manifest_of_another_kind_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        manifest(**change)


def test_figures_are_comparable_when_complete() -> None:
    full = Figures(test_strict_accuracy=0.0, val_macro_f1=1.0, test_set=SHA, val_set=SHA)
    assert full.comparable
    assert not full.model_copy(update={"val_set": None}).comparable
    with pytest.raises(ValidationError):
        Figures(val_macro_f1=float("nan"))
