"""Where a model comes from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from maskservice.errors import ModelUnavailable


@dataclass(frozen=True)
class ModelFile:
    """The bytes of a model and what identifies them.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    data : bytes
        The ONNX file.
    sha256 : str
        Of ``data``, in hexadecimal.
    """

    name: str
    data: bytes
    sha256: str


def read_model(path: Path) -> ModelFile:
    """Read a model file.

    Parameters
    ----------
    path : Path
        An ONNX file.

    Raises
    ------
    ModelUnavailable
        If the file cannot be read. The message names the file without its folder, because
        callers of the API get to see it.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelUnavailable(
            f"There is no model file {path.name!r} where the function looks for it."
        ) from error
    except OSError as error:
        raise ModelUnavailable(f"The model file {path.name!r} cannot be read: {error.strerror}.") from error
    return ModelFile(path.name, data, hashlib.sha256(data).hexdigest())
