"""The entry points: ``handler`` for AWS Lambda, ``app`` for any ASGI server.

The only module that reads files when it is imported: the model is loaded once per process, and
a Lambda snapshot keeps it loaded.
"""

from mangum import Mangum

from maskservice.app import create_app
from maskservice.classifier import Classifier, load_classifier
from maskservice.errors import ModelUnavailable
from maskservice.gateway import TEXT_TYPES
from maskservice.modelstore import read_model
from maskservice.settings import Settings
from maskservice.telemetry import configure_logging, logger


def _load(settings: Settings) -> Classifier | ModelUnavailable:
    """Load the model; without one the function still starts and says what is wrong."""
    try:
        return load_classifier(read_model(settings.model_path))
    except ModelUnavailable as error:
        logger.exception("model unavailable", extra={"fields": {"path": str(settings.model_path)}})
        return error


_settings = Settings.from_environment()
configure_logging(_settings.log_level)
app = create_app(_settings, _load(_settings))
handler = Mangum(app, lifespan="off", text_mime_types=TEXT_TYPES)
