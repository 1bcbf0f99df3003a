import hashlib
import json
from pathlib import Path
from typing import Any

import onnxruntime
import pytest

from maskservice.errors import ModelUnavailable
from maskservice.modelcard import METADATA_KEY
from masktrain.errors import ExportError, RegistryError
from masktrain.release.manifest import split_digest
from masktrain.release.publish import describe_model, publish, read_figures
from masktrain.release.registry import Registry
from tests.cards import CARD
from tests.unit.masktrain.release.tinymodel import FIGURES, write_tiny_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path / "m.onnx", "1.2.0")


def report(file: Path, model: Path, **digests: str) -> Path:
    splits: dict[str, dict[str, Any]] = {
        "val": {"macro_f1": {"value": 0.96543219}},
        "test": {"strict_accuracy": {"all": {"value": 0.99}, "24": {"value": 0.995}}},
    }
    for split, digest in digests.items():
        splits[split]["digest"] = digest
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    file.write_text(json.dumps({"model": {"sha256": sha256}, "splits": splits}))
    return file


def test_the_card_gives_figures_where_no_report_does(registry: Registry, model: Path) -> None:
    manifest, created = publish(registry, model)
    assert created
    assert (manifest.name, manifest.version, manifest.opset) == ("mask-classifier", "1.2.0", 18)
    assert manifest.bytes == model.stat().st_size
    assert manifest.sha256 == hashlib.sha256(model.read_bytes()).hexdigest()
    assert manifest.onnxruntime == onnxruntime.__version__
    assert manifest.figures.model_dump() == FIGURES | {"test_set": None, "val_set": None}
    card = CARD.model_copy(update={"version": "1.2.0", "metrics": FIGURES})
    assert manifest.card == json.loads(card.model_dump_json())
    assert registry.published("1.2.0") == manifest


def test_a_report_gives_figures_and_data_their_identity(
    registry: Registry, model: Path, data: Path, tmp_path: Path
) -> None:
    manifest, _ = publish(registry, model, report(tmp_path / "f.json", model), data)
    figures = manifest.figures
    assert (figures.test_strict_accuracy, figures.val_macro_f1) == (0.99, 0.965432)
    assert figures.test_set == split_digest(data, "test")
    assert figures.val_set == split_digest(data, "val")
    assert figures.comparable


def test_a_report_that_names_its_pictures_needs_no_data(
    registry: Registry, model: Path, data: Path, tmp_path: Path
) -> None:
    test, val = split_digest(data, "test"), split_digest(data, "val")
    figures = report(tmp_path / "f.json", model, test=test, val=val)
    assert publish(registry, model, figures)[0].figures.comparable
    assert not publish(registry, model, figures, data)[1]
    with pytest.raises(RegistryError, match="from another val split than that of"):
        publish(registry, model, report(tmp_path / "f.json", model, test=test, val="ff" * 32), data)


def test_publishing_again_tells_what_is_there(registry: Registry, model: Path, data: Path) -> None:
    first, _ = publish(registry, model)
    again, created = publish(registry, model, data=data)
    assert not created
    assert again == first


def test_figures_of_another_model_are_refused(model: Path, tmp_path: Path) -> None:
    other = write_tiny_model(tmp_path / "other.onnx", scale=3.0)
    with pytest.raises(RegistryError, match="Evaluate the very file you publish"):
        read_figures(report(tmp_path / "f.json", other), hashlib.sha256(model.read_bytes()).hexdigest())


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        '{"model": {"sha256": "x"}, "splits": {"val": {}, "test": {}}}',
        '{"model": {"sha256": "x"}, "splits": {"val": {"macro_f1": {"value": 7}},'
        ' "test": {"strict_accuracy": {"all": {"value": null}}}}}',
    ],
)
def test_figures_that_cannot_be_understood_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(RegistryError, match=r"f\.json does not hold an evaluation's figures .*anew"):
        read_figures(tmp_path / "f.json", "x")


def test_a_figure_that_could_not_be_taken_stays_unknown(model: Path, tmp_path: Path) -> None:
    file = report(tmp_path / "f.json", model)
    file.write_text(file.read_text().replace("0.96543219", "null"))
    assert read_figures(file, hashlib.sha256(model.read_bytes()).hexdigest()).val_macro_f1 is None


def test_what_cannot_serve_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"m\.onnx is not a model that ONNX Runtime can load"):
        describe_model("m.onnx", b"# no model")
    three = write_tiny_model(tmp_path / "3.onnx", outputs=3).read_bytes()
    with pytest.raises(ExportError, match=r"\(2, 3\) for two blank crops; \(2, 4\)"):
        describe_model("m.onnx", three)
    endless = write_tiny_model(tmp_path / "nan.onnx", scale=float("nan")).read_bytes()
    with pytest.raises(ExportError, match="finite logits"):
        describe_model("m.onnx", endless)
    bare = (
        write_tiny_model(tmp_path / "bare.onnx")
        .read_bytes()
        .replace(METADATA_KEY.encode(), b"another_name_x")
    )
    with pytest.raises(ModelUnavailable, match="carries no card"):
        describe_model("m.onnx", bare)


def test_a_model_of_another_size_than_its_card_says_is_refused(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "m.onnx").read_bytes().replace(b"[32,32]", b"[48,48]")
    with pytest.raises(ExportError, match="does not run on a batch of two crops"):
        describe_model("m.onnx", model)


def test_a_card_without_a_usable_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="'latest' is no version"):
        describe_model("m.onnx", write_tiny_model(tmp_path / "m.onnx", version="latest").read_bytes())


def test_files_that_are_not_there_are_named(registry: Registry, model: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"none\.onnx cannot be read: No such file"):
        publish(registry, tmp_path / "none.onnx")
    with pytest.raises(RegistryError, match=r"none\.json cannot be read: .* The command evaluate writes it"):
        publish(registry, model, tmp_path / "none.json")
