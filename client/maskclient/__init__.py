"""MaskCheck's client: finds faces in pictures and asks a MaskCheck API about their masks.

>>> from maskclient import MaskCheckClient
>>> with MaskCheckClient("https://….amazonaws.com/prod", api_key="…") as client:
...     answer = client.classify([jpeg_bytes])
...     answer.results[0].outcome
"""

from maskclient.api import MaskCheckClient
from maskclient.batching import Crop
from maskclient.errors import (
    ApiError,
    ApiUnreachable,
    AuthenticationError,
    CropTooLarge,
    DetectorUnavailable,
    InvalidResponse,
    LocalServiceFailed,
    MaskClientError,
    PictureUnreadable,
    PictureUnwritable,
    RateLimited,
    RequestRejected,
    ServiceUnavailable,
    StatusError,
)
from maskclient.local import LocalService, local_service
from maskclient.retry import RetryPolicy
from maskclient.version import __version__
from maskclient.wire import ClassifyResponse, CropError, CropResult, Health, Judgement, ModelInfo, ModelRef

__all__ = [
    "ApiError",
    "ApiUnreachable",
    "AuthenticationError",
    "ClassifyResponse",
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
    "RequestRejected",
    "RetryPolicy",
    "ServiceUnavailable",
    "StatusError",
    "__version__",
    "local_service",
]
