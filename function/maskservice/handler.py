"""The entry points: ``handler`` for AWS Lambda, ``app`` for any ASGI server.

The only module that reads files when it is imported: the model is loaded once per process, and
a Lambda snapshot keeps it loaded.
"""

import gc

gc.disable()  # the imports make a quarter of a million objects, and nearly all of them stay

from maskservice.app import create_app
from maskservice.classifier import Classifier
from maskservice.gateway import LambdaHandler
from maskservice.loading import load_model
from maskservice.modelstore import Origin
from maskservice.priming import prime
from maskservice.settings import Settings
from maskservice.telemetry import configure_logging


def _prepare_snapshot(model: object, origin: Origin) -> None:
    """Make the snapshot that every start of this version will be, or refuse to be published.

    A fallback would be kept for as long as the version lives, and nobody waits for this start:
    a deployment that fails and leaves the version before it in place is the better news.
    """
    if not isinstance(model, Classifier) or origin.fallback is not None:
        raise RuntimeError(f"No snapshot is made without its model: {origin.fallback or model}")
    prime(model)


_settings = Settings.from_environment()
configure_logging(_settings.log_level, with_requests=_settings.service is not None)
_model, _origin = load_model(_settings)
if _settings.snapshot:
    _prepare_snapshot(_model, _origin)
app = create_app(_settings, _model, _origin)
handler = LambdaHandler(app)

gc.enable()
gc.freeze()  # what is here by now is never garbage, and need not be looked at again
