import hashlib
from pathlib import Path

import pytest

from maskservice.errors import ModelUnavailable
from maskservice.modelstore import RegistryEntry, read_model


def test_a_model_file_is_read_with_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"bytes")
    model = read_model(path)
    assert (model.name, model.data, model.sha256) == (
        "model.onnx",
        b"bytes",
        hashlib.sha256(b"bytes").hexdigest(),
    )


def test_a_missing_file_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"no model file 'absent\.onnx'") as caught:
        read_model(tmp_path / "absent.onnx")
    assert str(tmp_path) not in caught.value.detail


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be read: Is a directory"):
        read_model(tmp_path)


@pytest.mark.parametrize(
    ("uri", "version", "pointer"),
    [
        ("s3://models/masks", "1.2.0", "masks/versions/1.2.0/manifest.json"),
        ("s3://models/masks/", "1.2.0-rc.1", "masks/versions/1.2.0-rc.1/manifest.json"),
        ("s3://models/a/b", "production", "a/b/aliases/production.json"),
        ("s3://models", "production", "aliases/production.json"),
        ("s3://models/", "door-12", "aliases/door-12.json"),
    ],
)
def test_an_entry_lies_where_the_registrys_layout_says(uri: str, version: str, pointer: str) -> None:
    entry = RegistryEntry.of(uri, version)
    assert (entry.bucket, entry.pointer) == ("models", pointer)


@pytest.mark.parametrize(
    "uri", ["models/masks", "https://models/masks", "s3:///masks", "s3://Mo_dels", "s3://m?x=1"]
)
def test_an_address_that_is_none_is_told(uri: str) -> None:
    with pytest.raises(ValueError, match="write s3://bucket/prefix"):
        RegistryEntry.of(uri, "production")


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.0", "Production", "../1.2.0", "1.2.0/../../x"])
def test_a_version_that_is_none_is_told(version: str) -> None:
    with pytest.raises(ValueError, match="neither a model's version"):
        RegistryEntry.of("s3://models", version)
