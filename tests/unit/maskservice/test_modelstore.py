import hashlib
from pathlib import Path

import pytest

from maskservice.errors import ModelUnavailable
from maskservice.modelstore import read_model


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
