from pathlib import Path

import pytest
from fastapi import FastAPI

from maskservice.app import create_app
from maskservice.classifier import Classifier, load_classifier
from maskservice.modelstore import read_model
from maskservice.settings import Settings, bundled_model


@pytest.fixture(scope="session")
def model_path() -> Path:
    return bundled_model()


@pytest.fixture(scope="session")
def classifier(model_path: Path) -> Classifier:
    return load_classifier(read_model(model_path))


@pytest.fixture(scope="session")
def settings(model_path: Path) -> Settings:
    return Settings(model_path)


@pytest.fixture(scope="session")
def app(settings: Settings, classifier: Classifier) -> FastAPI:
    return create_app(settings, classifier)
