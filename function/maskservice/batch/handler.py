"""The entry point of the batch function: ``handler`` for AWS Lambda.

The only module of this package that reads files and makes clients when it is imported.
"""

# ruff: noqa: E402 (the collector rests while the rest is imported)

import gc

gc.disable()  # as in `maskservice.handler`

from maskservice.batch.facefinder import load_face_finder
from maskservice.batch.function import BatchFunction
from maskservice.batch.judging import Judge
from maskservice.batch.s3store import S3Store, open_client
from maskservice.batch.settings import BatchSettings
from maskservice.batch.sqsqueue import SqsQueue
from maskservice.errors import ModelUnavailable
from maskservice.loading import load_model
from maskservice.modelstore import read_model
from maskservice.settings import Settings
from maskservice.telemetry import configure_logging

_settings = Settings.from_environment()
_batch = BatchSettings.from_environment()
configure_logging(_settings.log_level)
_model, _origin = load_model(_settings)
if isinstance(_model, ModelUnavailable):
    raise _model
if _origin.fallback is not None:
    # Results are written once, so those of the bundled model would stay. The alarm `Crashes` tells of a start
    # that fails; messages are taken for it all the same, and come again.
    raise ModelUnavailable(_origin.fallback)
handler = BatchFunction(
    Judge(_model, load_face_finder(read_model(_batch.detector_path)), _batch.picture_pixels),
    S3Store(open_client("s3")),
    SqsQueue(open_client("sqs"), _batch.queue_url, _batch.dead_letter_url),
    _batch,
    _settings.service,
)

gc.enable()
gc.freeze()  # as in `maskservice.handler`
