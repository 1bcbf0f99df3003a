"""What an operator can set. Nothing else in the package reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from maskservice.decoding import MAX_PIXELS
from maskservice.modelstore import RegistryEntry

MODEL_VARIABLE = "MASKCHECK_MODEL"
REGISTRY_VARIABLE = "MODEL_URI"
VERSION_VARIABLE = "MODEL_VERSION"
DEFAULT_VERSION = "production"
SERVICE_VARIABLE = "MASKCHECK_SERVICE"
LOG_LEVEL_VARIABLE = "MASKCHECK_LOG_LEVEL"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
WEB_VARIABLE = "SERVE_WEB"

# Set by Lambda (AWS Lambda Developer Guide, "Defined runtime environment variables").
_INITIALIZATION_VARIABLE = "AWS_LAMBDA_INITIALIZATION_TYPE"

_BUNDLED = Path("models")
_CLASSIFIER = "mask_classifier.onnx"
_SITE = "site"


def bundled_model(name: str = _CLASSIFIER) -> Path:
    """Return where a model that comes with this code lies.

    Beside the package in the Lambda artefact (``models/`` next to ``maskservice/``), one level
    higher in the checkout (``models/`` next to ``function/``).

    Parameters
    ----------
    name : str
        Of the file; the classifier's by default.
    """
    beside = Path(__file__).resolve().parents[1]
    in_artefact = beside / _BUNDLED / name
    return in_artefact if in_artefact.is_file() else beside.parent / _BUNDLED / name


def web_root() -> Path:
    """Return where the try-it page lies, built or not.

    In ``site/`` beside the package in an artefact that has it, in ``build/site`` of the checkout.
    """
    beside = Path(__file__).resolve().parents[1]
    in_artefact = beside / _SITE
    return in_artefact if in_artefact.is_dir() else beside.parent / "build" / _SITE


@dataclass(frozen=True)
class Settings:
    """The function's settings.

    Attributes
    ----------
    model_path : Path
        The ONNX file to serve where there is no registry, or where it fails.
    registry_entry : RegistryEntry or None
        The model to serve out of a registry in S3.
    service : str or None
        Name of this deployment in its metrics; None for no metrics.
    snapshot : bool
        Whether this start is only made to take a snapshot of it (SnapStart).
    max_body_bytes : int
        Largest request body. 4 MB in the SI sense: the gateway's base64 makes 5.34 MB of it,
        which leaves room for the headers under Lambda's 6 MB, whichever megabyte that means.
    max_crops : int
        Most crops in one request.
    max_requests : int
        Most requests whose crops are read or judged at a time; each may hold a body in memory.
        Lambda sends one at a time.
    body_seconds : float
        Most seconds for a body to arrive. Lambda gets bodies whole; elsewhere a caller who sends
        byte by byte would keep a connection for ever.
    max_pixels : int
        Most pixels (width times height) of one picture.
    max_request_pixels : int
        Most pixels of all pictures of a request together, by their headers. The slowest kind
        (16-bit PNG with transparency) was measured at 27 megapixels a second, so that a request
        of nothing else stays under a second.
    log_level : str
        One of ``LOG_LEVELS``.
    site : Path or None
        Folder of the try-it page to serve at ``/``; None to serve none.
    """

    model_path: Path
    registry_entry: RegistryEntry | None = None
    service: str | None = None
    snapshot: bool = False
    max_body_bytes: int = 4_000_000
    max_crops: int = 16
    max_requests: int = 64
    body_seconds: float = 30.0
    max_pixels: int = MAX_PIXELS
    max_request_pixels: int = 24_000_000
    log_level: str = "INFO"
    site: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from environment variables.

        Parameters
        ----------
        environment : mapping of str to str, optional
            The variables; the process's own by default.

        Raises
        ------
        ValueError
            If a variable has a value that means nothing.
        """
        variables = os.environ if environment is None else environment
        model = variables.get(MODEL_VARIABLE)
        log_level = variables.get(LOG_LEVEL_VARIABLE, cls.log_level).upper()
        if log_level not in LOG_LEVELS:
            raise ValueError(f"{LOG_LEVEL_VARIABLE} is {log_level!r}; use one of {', '.join(LOG_LEVELS)}.")
        return cls(
            model_path=Path(model) if model else bundled_model(),
            registry_entry=_registry_entry(variables),
            service=variables.get(SERVICE_VARIABLE) or None,
            snapshot=variables.get(_INITIALIZATION_VARIABLE) == "snap-start",
            log_level=log_level,
            site=web_root() if _served(variables) else None,
        )


def _served(variables: Mapping[str, str]) -> bool:
    told = variables.get(WEB_VARIABLE) or "off"
    if told not in ("on", "off"):
        raise ValueError(f"{WEB_VARIABLE} is {told!r}; use on or off.")
    return told == "on"


def _registry_entry(variables: Mapping[str, str]) -> RegistryEntry | None:
    uri = variables.get(REGISTRY_VARIABLE)
    if not uri:
        return None
    try:
        return RegistryEntry.of(uri, variables.get(VERSION_VARIABLE) or DEFAULT_VERSION)
    except ValueError as error:
        raise ValueError(f"{REGISTRY_VARIABLE} and {VERSION_VARIABLE}: {error}") from error
