"""MaskCheck's client: finds faces in pictures and asks a MaskCheck API about their masks.

>>> from maskclient import MaskCheckClient
>>> with MaskCheckClient("https://….amazonaws.com/prod", api_key="…") as client:
...     answer = client.classify([jpeg_bytes])
...     answer.results[0].outcome
"""

from maskclient.api import MaskCheckClient
from maskclient.batching import Crop
from maskclient.errors import (
    AlertFailed,
    ApiError,
    ApiUnreachable,
    AuthenticationError,
    BatchFailed,
    CaptureFailed,
    ConfigurationInvalid,
    CropTooLarge,
    DetectorUnavailable,
    InvalidResponse,
    LocalServiceFailed,
    MaskClientError,
    PictureUnreadable,
    PictureUnwritable,
    RateLimited,
    RecordingFailed,
    RequestRejected,
    ServiceUnavailable,
    SourceUnavailable,
    StatusError,
    WindowUnavailable,
)
from maskclient.local import LocalService, local_service
from maskclient.retry import RetryPolicy
from maskclient.version import __version__
from maskclient.wire import ClassifyResponse, CropError, CropResult, Health, Judgement, ModelInfo, ModelRef

__all__ = [
    "AlertFailed",
    "ApiError",
    "ApiUnreachable",
    "AuthenticationError",
    "BatchFailed",
    "CaptureFailed",
    "ClassifyResponse",
    "ConfigurationInvalid",
    "Crop",
    "CropError",
    "CropResult",
    "CropTooLarge",
    "DetectorUnavailable",
    "Health",
    "InvalidResponse",
    "Judgement",
    "LocalService",
    "LocalServiceFailed",
    "MaskCheckClient",
    "MaskClientError",
    "ModelInfo",
    "ModelRef",
    "PictureUnreadable",
    "PictureUnwritable",
    "RateLimited",
    "RecordingFailed",
    "RequestRejected",
    "RetryPolicy",
    "ServiceUnavailable",
    "SourceUnavailable",
    "StatusError",
    "WindowUnavailable",
    "__version__",
    "local_service",
]
