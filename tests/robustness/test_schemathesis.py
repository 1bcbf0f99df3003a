"""The application held against its own OpenAPI document: schemathesis makes the requests."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi.checks import positive_data_acceptance, use_after_free

from maskservice.app import create_app
from maskservice.classifier import load_classifier
from maskservice.modelstore import read_model
from maskservice.settings import Settings

_settings = Settings.from_environment({})
_app = create_app(_settings, load_classifier(read_model(_settings.model_path)))
schema = schemathesis.openapi.from_asgi("/openapi.json", _app)

# Random bytes under an accepted type are valid by the document, and rightly no picture.
EXCLUDED = [positive_data_acceptance, use_after_free]


@schema.parametrize()
@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_to_the_document(case: "schemathesis.Case[Any]") -> None:
    case.call_and_validate(excluded_checks=EXCLUDED)


def test_the_checks_are_the_ones_meant() -> None:
    names = {check.__name__ for check in CHECKS.get_all()}
    assert names >= {
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    }
