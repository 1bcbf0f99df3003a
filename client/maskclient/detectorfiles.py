"""Model files of face detectors that do not come with this project: fetched once, checked, kept."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import requests

from maskclient.errors import DetectorUnavailable
from maskclient.version import __version__

DATA_VARIABLE = "MASKCHECK_DATA"
TIMEOUT = (10.0, 30.0)
"""Seconds to wait for a connection, and for the next bytes."""
_PIECE = 64 * 1024


@dataclass(frozen=True)
class DetectorFile:
    """A file that can be fetched.

    Attributes
    ----------
    file : str
        What it is called in the data folder.
    addresses : tuple of str
        Where it can be had, all the same bytes; tried in turn.
    sha256 : str
        Of its content, in hexadecimal.
    size : int
        Bytes it has.
    licence : str
        Its terms.
    """

    file: str
    addresses: tuple[str, ...]
    sha256: str
    size: int
    licence: str


_YUNET_AT = "https://github.com/ShiqiYu/libfacedetection.train/raw/{}/onnx/yunet_n_640_640.onnx"

FILES: Mapping[str, DetectorFile] = {
    "yunet": DetectorFile(
        "yunet_n_640_640.onnx",
        # The file was taken from the first commit; the second, named in full, is tried where that fails.
        # What arrives is believed for its hash, not for its address.
        (_YUNET_AT.format("0047ac24"), _YUNET_AT.format("dca340aa082c71081a68d17db8e58b33a58a914b")),
        "25a606a145a5b6d7271ae138fbd00eba91dad8b83222ae3f2c7ecd0f4a7b0e31",
        317466,
        "Apache-2.0",
    )
}
"""What `install` can fetch, by the detector's name."""

Fetch = Callable[[str], Iterator[bytes]]
"""From an address to a file's bytes, piece by piece; raises ``requests.RequestException``."""


def data_folder() -> Path:
    """Return the folder for this user's data: ``MASKCHECK_DATA``, or as the system has it."""
    if named := os.environ.get(DATA_VARIABLE):
        return Path(named)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "maskcheck"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "maskcheck"
    shared = Path(os.environ.get("XDG_DATA_HOME", ""))
    # The specification has relative paths ignored.
    return (shared if shared.is_absolute() else home / ".local" / "share") / "maskcheck"


def installed(name: str, folder: Path | None = None) -> Path | None:
    """Return a detector's file, if it lies in the data folder.

    It was checked when it was fetched and is not checked again.

    Parameters
    ----------
    name : str
        One of ``FILES``; of others nothing is ever installed.
    folder : Path, optional
        Another than `data_folder`.
    """
    if name not in FILES:
        return None
    path = (folder or data_folder()) / FILES[name].file
    return path if path.is_file() else None


def fetch(address: str, scheme: str = "https") -> Iterator[bytes]:
    """Give a file's bytes as they arrive, over one scheme only: a redirect to another is refused.

    Raises
    ------
    requests.RequestException
        If there is no answer, or none that is a success.
    """
    with requests.Session() as session:
        for prefix in list(session.adapters):
            if prefix != f"{scheme}://":
                del session.adapters[prefix]
        session.headers.update({"User-Agent": f"maskclient/{__version__}", "Accept-Encoding": "identity"})
        with closing(session.get(address, stream=True, timeout=TIMEOUT)) as answer:
            answer.raise_for_status()
            yield from answer.iter_content(_PIECE)


def install(
    name: str,
    folder: Path | None = None,
    fetch: Fetch = fetch,
    files: Mapping[str, DetectorFile] = FILES,
) -> Path:
    """Fetch a detector's file, check it, and put it into the data folder.

    A file that lies there already and is the right one is left; nothing is fetched then.

    Parameters
    ----------
    name : str
        One of ``files``.
    folder : Path, optional
        Another than `data_folder`.
    fetch : callable
        How bytes are fetched.
    files : mapping of str to DetectorFile
        What can be fetched.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DetectorUnavailable
        If there is no such file, it could not be fetched, is not what was expected, or cannot be written.
    """
    wanted = _known(name, files)
    place = (folder or data_folder()) / wanted.file
    try:
        if place.is_file() and _is(place, wanted):
            return place
        place.parent.mkdir(parents=True, exist_ok=True)
        return _fetch_to(place, wanted, fetch)
    except OSError as error:
        raise DetectorUnavailable(
            f"{str(place)!r} could not be written ({error.strerror or error}). Name another folder in the "
            f"environment variable {DATA_VARIABLE}."
        ) from error


def _fetch_to(place: Path, wanted: DetectorFile, fetch: Fetch) -> Path:
    """Try the addresses in turn and put the first right file into its place."""
    told = ""
    for address in wanted.addresses:
        with tempfile.TemporaryDirectory(prefix=".part-", dir=place.parent) as beside:
            part = Path(beside, wanted.file)
            told = _load(address, part, wanted, fetch)
            if not told:
                part.replace(place)
                return place
    raise DetectorUnavailable(
        f"{told} Try again later, or fetch {wanted.addresses[0]} by other means and put it at "
        f"{str(place)!r} (sha256 {wanted.sha256})."
    )


def _load(address: str, part: Path, wanted: DetectorFile, fetch: Fetch) -> str:
    """Write what an address gives to a file; return what is wrong with it, nothing if it is right."""
    left = wanted.size
    try:
        with part.open("wb") as file:
            for piece in fetch(address):
                left -= len(piece)
                if left < 0:
                    break
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except requests.RequestException as error:  # an OSError, too, but none of the disk
        return f"{address} could not be fetched ({type(error).__name__})."
    if left or not _is(part, wanted):
        return f"What {address} gave is not the expected file, and was thrown away."
    return ""


def _is(path: Path, wanted: DetectorFile) -> bool:
    """Say whether a file is the one that is wanted."""
    if path.stat().st_size != wanted.size:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == wanted.sha256


def _known(name: str, files: Mapping[str, DetectorFile]) -> DetectorFile:
    if name not in files:
        raise DetectorUnavailable(
            f"There is no file to fetch for the detector {name!r}. There is for: {', '.join(sorted(files))}."
        )
    return files[name]
