"""From a model file to a published version: tried once, described, put into the registry."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from pydantic import ValidationError

from maskservice.modelcard import ModelCard
from masktrain.errors import ExportError, RegistryError
from masktrain.release.manifest import (
    Figures,
    Manifest,
    check_version,
    first_fault,
    model_path,
    split_digest,
    utc_now,
)
from masktrain.release.registry import Registry

_FIGURE_DIGITS = 6


def publish(
    registry: Registry, model: Path, figures: Path | None = None, data: Path | None = None
) -> tuple[Manifest, bool]:
    """Publish a model under the version that its card names.

    Parameters
    ----------
    registry : Registry
        Where to.
    model : Path
        An ONNX file with its card inside.
    figures : Path, optional
        The ``figures.json`` that evaluating this very file wrote; without it the figures of the
        model's card are taken.
    data : Path, optional
        The data folder that the figures were taken from, for where they do not name it themselves.

    Returns
    -------
    Manifest
        As it stands in the bucket.
    bool
        False if this very model was published before.

    Raises
    ------
    MaskTrainError
        If the model cannot serve, its figures are another model's or of other pictures, its
        version is taken, or S3 refuses.
    """
    try:
        content = model.read_bytes()
    except OSError as error:
        raise ExportError(f"{model} cannot be read: {error.strerror}. Name the model to publish.") from error
    manifest, card = describe_model(model.name, content)
    taken = read_figures(figures, manifest.sha256) if figures else card_figures(card)
    manifest = manifest.model_copy(update={"figures": _with_digests(taken, data) if data else taken})
    created = registry.add(manifest, content)
    return (manifest if created else registry.published(manifest.version)), created


def describe_model(name: str, model: bytes) -> tuple[Manifest, ModelCard]:
    """Run a model once and write down what identifies it, without figures.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    model : bytes
        The ONNX file.

    Raises
    ------
    ExportError
        If ONNX Runtime cannot run it, or its outputs are not those its card names.
    ModelUnavailable
        If it has no card, or not one this code understands.
    RegistryError
        If its version is none.
    """
    try:
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors have no common base
        raise ExportError(f"{name} is not a model that ONNX Runtime can load.") from error
    card = ModelCard.from_metadata(session.get_modelmeta().custom_metadata_map)
    _try_once(session, card, name)
    opsets = {entry.domain: entry.version for entry in onnx.load_model_from_string(model).opset_import}
    sha256 = hashlib.sha256(model).hexdigest()
    manifest = Manifest(
        name=card.name,
        version=check_version(card.version),
        sha256=sha256,
        bytes=len(model),
        path=model_path(card.version, sha256),
        created=utc_now(),
        opset=opsets[""],
        onnxruntime=onnxruntime.__version__,
        figures=Figures(),
        card=json.loads(card.model_dump_json()),
    )
    return manifest, card


def _try_once(session: Any, card: ModelCard, name: str) -> None:  # noqa: ANN401 (ONNX Runtime is untyped)
    """Run two blank crops: a model that cannot serve must not be published."""
    crops = np.zeros((2, 3, *card.input_size), dtype=np.float32)
    try:
        (logits,) = session.run(None, {session.get_inputs()[0].name: crops})
    except Exception as error:  # as above
        raise ExportError(f"{name} does not run on a batch of two crops.") from error
    if logits.shape != (2, len(card.labels)) or not np.isfinite(logits).all():
        raise ExportError(
            f"{name} gives {logits.shape} for two blank crops; (2, {len(card.labels)}) finite logits "
            "are expected."
        )


def read_figures(file: Path, sha256: str) -> Figures:
    """Read the figures of one model from the ``figures.json`` of the command evaluate.

    Parameters
    ----------
    file : Path
        Holds ``model.sha256`` and, under ``splits``, ``val.macro_f1.value`` and
        ``test.strict_accuracy.all.value``; each split may hold its ``digest``.
    sha256 : str
        Of the model file that is published.

    Raises
    ------
    RegistryError
        If the file cannot be understood, or holds another model's figures.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise RegistryError(
            f"{file} cannot be read: {error.strerror}. The command evaluate writes it."
        ) from error
    try:
        report = json.loads(text)
        measured, val, test = report["model"]["sha256"], report["splits"]["val"], report["splits"]["test"]
        figures = Figures(
            test_strict_accuracy=_rounded(test["strict_accuracy"]["all"]["value"]),
            val_macro_f1=_rounded(val["macro_f1"]["value"]),
            test_set=test.get("digest"),
            val_set=val.get("digest"),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        fault = (
            first_fault(error) if isinstance(error, ValidationError) else f"{type(error).__name__}: {error}"
        )
        raise RegistryError(
            f"{file} does not hold an evaluation's figures ({fault}). "
            "Write it anew with the command evaluate."
        ) from error
    if measured != sha256:
        raise RegistryError(
            f"{file} holds the figures of the model {str(measured)[:12]}…, but the file to publish is "
            f"{sha256[:12]}…. Evaluate the very file you publish."
        )
    return figures


def card_figures(card: ModelCard) -> Figures:
    """Return the figures that a model's card tells; which pictures they are of it does not say."""
    metrics = card.metrics
    return Figures(
        test_strict_accuracy=metrics.get("test_strict_accuracy"), val_macro_f1=metrics.get("val_macro_f1")
    )


def _with_digests(figures: Figures, data: Path) -> Figures:
    digests = {"test_set": split_digest(data, "test"), "val_set": split_digest(data, "val")}
    for name, digest in digests.items():
        if getattr(figures, name) not in (None, digest):
            raise RegistryError(
                f"The figures were taken from another {name.partition('_')[0]} split than that of {data}."
            )
    return figures.model_copy(update=digests)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _FIGURE_DIGITS)
