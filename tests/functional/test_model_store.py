"""A registry in S3, from what it serves to what a caller sees; the bundled model stands in."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import maskservice.registry
from maskservice.app import create_app
from maskservice.errors import ModelUnavailable
from maskservice.loading import load_model
from maskservice.modelstore import RegistryEntry
from maskservice.settings import Settings
from tests import pictures
from tests.callers import AsgiCaller, log_lines
from tests.faultystore import FaultyStore, faulty_store
from tests.unit.masktrain.release.tinymodel import write_tiny_model

BUCKET = "models-of-the-house"
ENTRY = RegistryEntry.of(f"s3://{BUCKET}/masks", "production")
BUNDLED = "1.0.0"
PUBLISHED = "2.0.0"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a function whose bundled model is older than the published one."""
    monkeypatch.setattr(maskservice.registry.fetch_model, "__defaults__", (tmp_path / "cache", 5.0))
    bundled = write_tiny_model(tmp_path / "bundled.onnx", BUNDLED)
    return Settings(bundled, registry_entry=ENTRY, service="test")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyStore]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with faulty_store() as (served, address):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
        yield served


def publish(store: FaultyStore, data: bytes, sha256: str | None = None) -> None:
    sha256 = sha256 or hashlib.sha256(data).hexdigest()
    path = f"versions/{PUBLISHED}/{sha256}/model.onnx"
    pointer = {"layout": 1, "version": PUBLISHED, "sha256": sha256, "path": path}
    store.objects[f"/{BUCKET}/masks/aliases/production.json"] = json.dumps(pointer).encode()
    store.objects[f"/{BUCKET}/masks/{path}"] = data


def published(tmp_path: Path, outputs: int = 4) -> bytes:
    return write_tiny_model(tmp_path / "published.onnx", PUBLISHED, outputs=outputs).read_bytes()


def test_the_published_model_serves(settings: Settings, store: FaultyStore, tmp_path: Path) -> None:
    publish(store, published(tmp_path))
    call = AsgiCaller(create_app(settings, *load_model(settings)))
    health = call("GET", "/health").json()
    assert (health["status"], health["source"], health["fallback"]) == ("ok", "s3", None)
    assert health["model"]["version"] == PUBLISHED
    with log_lines() as lines:
        answer = call("POST", "/v1/classify", pictures.jpeg(), "image/jpeg").json()
    assert answer["model"]["version"] == PUBLISHED
    assert (lines[0]["model_version"], lines[0]["model_source"], lines[0]["ModelFallback"]) == (
        PUBLISHED,
        "s3",
        0,
    )


FAULTS = {
    "nothing is published": "NoSuchKey",
    "access is denied": "AccessDenied",
    "other bytes": "SHA-256 is not the one",
    "cut off": "cannot be read",
    "corrupt but true to its hash": "not a model that ONNX Runtime can load",
    "too few labels": "its card names 4 labels",
}


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest, store: FaultyStore, tmp_path: Path) -> str:
    name = str(request.param)
    data = published(tmp_path)
    if name == "access is denied":
        publish(store, data)
        store.faults["production.json"] = "AccessDenied"
    elif name == "other bytes":
        publish(store, data, "0" * 64)
    elif name == "cut off":
        publish(store, data)
        store.faults["model.onnx"] = "cut"
    elif name == "corrupt but true to its hash":
        publish(store, data[: len(data) // 2])
    elif name == "too few labels":
        publish(store, published(tmp_path, outputs=3))
    return name


def test_whatever_is_wrong_the_bundled_model_serves_and_everybody_is_told(
    settings: Settings, fault: str
) -> None:
    with log_lines() as lines:
        call = AsgiCaller(create_app(settings, *load_model(settings)))
        answer = call("POST", "/v1/classify", pictures.jpeg(), "image/jpeg")
        health = call("GET", "/health")
    assert answer.status == health.status == 200
    assert answer.json()["model"]["version"] == health.json()["model"]["version"] == BUNDLED
    assert (health.json()["status"], health.json()["source"]) == ("degraded", "bundled")
    assert FAULTS[fault] in health.json()["fallback"]
    assert BUCKET not in health.body.decode()
    failure, request, _ = lines
    assert failure["message"] == "model store failed, the bundled model serves"
    assert failure["entry"]["bucket"] == BUCKET
    assert FAULTS[fault] in failure["detail"]
    assert (request["model_source"], request["ModelFallback"]) == ("bundled", 1)


def test_without_a_bundled_model_both_reasons_are_told(
    settings: Settings, fault: str, tmp_path: Path
) -> None:
    alone = replace(settings, model_path=tmp_path / "absent.onnx")
    model, origin = load_model(alone)
    assert isinstance(model, ModelUnavailable)
    call = AsgiCaller(create_app(alone, model, origin))
    answer = call("POST", "/v1/classify", pictures.jpeg(), "image/jpeg")
    assert answer.status == 503
    assert answer.json()["type"] == "/problems/model-unavailable"
    for reason in (FAULTS[fault], "no model file 'absent.onnx'"):
        assert reason in answer.json()["detail"]
    assert call("GET", "/health").status == 503
