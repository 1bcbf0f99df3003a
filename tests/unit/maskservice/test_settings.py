from pathlib import Path

import pytest

from maskservice.modelstore import RegistryEntry
from maskservice.settings import Settings, bundled_model, web_root


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings.model_path == bundled_model()
    assert (settings.max_body_bytes, settings.max_crops, settings.max_pixels) == (4_000_000, 16, 16_000_000)
    assert settings.log_level == "INFO"


def test_the_largest_body_fits_into_lambdas_event_as_base64() -> None:
    body = Settings.from_environment({}).max_body_bytes
    headers = 20_000
    assert -(-body // 3) * 4 + headers < 6_000_000


def test_variables_change_the_settings() -> None:
    settings = Settings.from_environment({"MASKCHECK_MODEL": "other.onnx", "MASKCHECK_LOG_LEVEL": "error"})
    assert settings.model_path == Path("other.onnx")
    assert settings.log_level == "ERROR"


def test_a_registry_is_named_by_its_address_and_the_alias_production() -> None:
    assert Settings.from_environment({}).registry_entry is None
    assert Settings.from_environment({"MODEL_URI": ""}).registry_entry is None
    named = Settings.from_environment({"MODEL_URI": "s3://models/masks", "MODEL_VERSION": ""})
    assert named.registry_entry == RegistryEntry("models", "masks/", "production")
    pinned = Settings.from_environment({"MODEL_URI": "s3://models/masks", "MODEL_VERSION": "1.2.0"})
    assert pinned.registry_entry == RegistryEntry("models", "masks/", "1.2.0")


def test_a_registry_that_is_none_is_named_with_its_variables() -> None:
    with pytest.raises(ValueError, match="MODEL_URI and MODEL_VERSION: '/models' is no address"):
        Settings.from_environment({"MODEL_URI": "/models"})


def test_a_snapshot_is_taken_where_lambda_says_so() -> None:
    assert Settings.from_environment({"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}).snapshot
    assert not Settings.from_environment({"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}).snapshot


def test_metrics_have_the_name_of_the_service() -> None:
    assert Settings.from_environment({}).service is None
    assert Settings.from_environment({"MASKCHECK_SERVICE": "door"}).service == "door"


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKCHECK_MODEL", "mine.onnx")
    assert Settings.from_environment().model_path == Path("mine.onnx")


def test_an_unknown_log_level_is_named() -> None:
    with pytest.raises(ValueError, match="MASKCHECK_LOG_LEVEL is 'LOUD'; use one of DEBUG"):
        Settings.from_environment({"MASKCHECK_LOG_LEVEL": "loud"})


def test_the_bundled_model_lies_beside_the_package_in_the_artefact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = tmp_path / "models" / "mask_classifier.onnx"
    monkeypatch.setattr("maskservice.settings.__file__", str(tmp_path / "maskservice" / "settings.py"))
    assert bundled_model() == tmp_path.parent / "models" / "mask_classifier.onnx"
    beside.parent.mkdir()
    beside.touch()
    assert bundled_model() == beside


@pytest.mark.parametrize(("told", "served"), [("on", True), ("off", False), ("", False), (None, False)])
def test_the_page_is_served_where_that_is_said(told: str | None, *, served: bool) -> None:
    settings = Settings.from_environment({} if told is None else {"SERVE_WEB": told})
    assert settings.site == (web_root() if served else None)


@pytest.mark.parametrize("told", ["yes", "ON", "1"])
def test_a_switch_that_is_neither_on_nor_off_is_named(told: str) -> None:
    with pytest.raises(ValueError, match=f"SERVE_WEB is '{told}'; use on or off"):
        Settings.from_environment({"SERVE_WEB": told})


def test_the_page_lies_beside_the_package_in_the_artefact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskservice.settings.__file__", str(tmp_path / "maskservice" / "settings.py"))
    assert web_root() == tmp_path.parent / "build" / "site"
    (tmp_path / "site").mkdir()
    assert web_root() == tmp_path / "site"
