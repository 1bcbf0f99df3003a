"""Chooses the model that serves: the registry's where one is set, and the bundled one where that fails."""

from maskservice.classifier import Classifier, load_classifier
from maskservice.errors import ModelUnavailable
from maskservice.modelstore import ModelFile, Origin, RegistryEntry, read_model
from maskservice.settings import Settings
from maskservice.telemetry import logger


def load_model(settings: Settings) -> tuple[Classifier | ModelUnavailable, Origin]:
    """Load the model to serve.

    Whatever is wrong with the registry or the model in it, the bundled model takes its place; a
    function without any model still starts and says what is wrong.

    Parameters
    ----------
    settings : Settings
        Says which model.

    Returns
    -------
    tuple of (Classifier or ModelUnavailable) and Origin
        The model or why there is none, and where it came from.
    """
    why: str | None = None
    if settings.registry_entry is not None:
        try:
            return load_classifier(_fetch(settings.registry_entry)), Origin("s3")
        except ModelUnavailable as error:
            why = error.detail
            fields = {"entry": vars(settings.registry_entry), "detail": why}
            logger.exception("model store failed, the bundled model serves", extra={"fields": fields})
    origin = Origin("bundled", why)
    try:
        return load_classifier(read_model(settings.model_path)), origin
    except ModelUnavailable as error:
        logger.exception("model unavailable", extra={"fields": {"path": str(settings.model_path)}})
        return (error if why is None else ModelUnavailable(f"{why} {error.detail}")), origin


def _fetch(entry: RegistryEntry) -> ModelFile:
    from maskservice.registry import fetch_model, open_store  # boto3 is imported only where it is needed

    return fetch_model(entry, open_store())
