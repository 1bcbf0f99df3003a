"""Puts the try-it page together: our files, what they need of others, the detector and its card."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskinfra import layout
from maskinfra.errors import BuildError, SetupError

INDEX = "index.html"
OWN = "web"
PARTS = "web/parts.json"
"""Says what the page is made of; the page reads it, and so does the next build."""
DETECTOR_CARD = "maskcheck_detector_card"
"""The key of the detector's card in its file."""
ZIPPED = (".wasm", ".onnx")
"""What also lies there packed. One of it is larger than a function may answer."""


@dataclass(frozen=True)
class Vendored:
    """What the page takes of a package.

    Attributes
    ----------
    package : str
        Its name.
    folder : str
        Its folder under ``web/vendor``.
    files : tuple of str
        Patterns of the files, relative to the package.
    strip : str
        What their paths lose at the beginning.
    """

    package: str
    folder: str
    files: tuple[str, ...]
    strip: str = "dist/"

    @property
    def source(self) -> Path:
        """Where it is installed."""
        return layout.WEB / "node_modules" / self.package

    def copy_into(self, vendor: Path) -> None:
        """Copy the files.

        Raises
        ------
        BuildError
            If the package has none for a pattern.
        """
        for pattern in self.files:
            found = sorted(self.source.glob(pattern))
            if not found:
                raise BuildError(f"{self.package} has no {pattern}: package-lock.json pins another release.")
            for file in found:
                place = file.relative_to(self.source).as_posix().removeprefix(self.strip)
                _copy(file, vendor / self.folder / _named(place))


RUNTIME = Vendored(
    "onnxruntime-web", "ort", ("dist/ort.wasm.bundle.min.mjs", "dist/ort-wasm-simd-threaded.wasm")
)
EXTRAS = Vendored(
    "@vladmandic/human",
    "human",
    (
        "dist/human.esm.js",
        # Where the face is, its contour, age and gender, emotion; no hands, bodies, objects.
        *(f"models/{model}.*" for model in ("blazeface", "facemesh", "faceres", "emotion")),
        "LICENSE",
    ),
)
_LICENCES = ("LICENSE", "ThirdPartyNotices.txt")
"""Of ONNX Runtime: the package for the web brings none along, the one for Python does."""


def build(site: Path = layout.SITE, *, extras: bool = True) -> bool:
    """Build the site, unless it is as its sources are.

    What was there before is replaced at once and only when everything has worked.

    Parameters
    ----------
    site : Path
        The folder to make.
    extras : bool
        Whether the page can also show face contour, age, gender and emotion.

    Returns
    -------
    bool
        Whether there was anything to do.

    Raises
    ------
    SetupError
        If npm is missing and needed.
    BuildError
        If the packages cannot be installed, or lack something.
    """
    digest = _digest(extras=extras)
    if _parts(site).get("sources") == digest:
        return False
    install()
    site.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=site.parent, prefix=f".{site.name}-") as folder:
        made = Path(folder) / "made"
        _assemble(made, digest, extras=extras)
        if site.exists():
            site.rename(Path(folder) / "replaced")
        made.rename(site)
    return True


def install() -> None:
    """Install what the lock pins, unless it is installed; no script of a package is run.

    Raises
    ------
    SetupError
        If npm is missing.
    BuildError
        If it fails.
    """
    lock, marker = layout.WEB / "package-lock.json", layout.WEB / "node_modules" / ".package-lock.json"
    if marker.is_file() and marker.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SetupError(
            "The try-it page needs npm, which this machine lacks: it comes with Node.js. "
            "Everything else works without."
        )
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    result = subprocess.run(command, cwd=layout.WEB, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BuildError(f"Could not install what the page needs:\n{(result.stdout + result.stderr).strip()}")
    os.utime(marker)


def _assemble(site: Path, digest: str, *, extras: bool) -> None:
    for place, file in _own_files():
        _copy(file, site / place)
    _copy(layout.DETECTOR, site / OWN / layout.DETECTOR.name)
    vendored = (RUNTIME, EXTRAS) if extras else (RUNTIME,)
    for package in vendored:
        package.copy_into(site / OWN / "vendor")
    card, runtime = _detector()
    for name in _LICENCES:
        _copy(runtime / name, site / OWN / "vendor" / RUNTIME.folder / _named(name))
    parts = {
        "extras": extras,
        "versions": {package.package: _version(package.package) for package in vendored},
        "detector": card,
        "sources": digest,
    }
    (site / PARTS).write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")
    for file in [file for file in site.rglob("*") if file.suffix in ZIPPED]:
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))


def _detector() -> tuple[dict[str, Any], Path]:
    """Return the detector's card, and the folder of the package that read it."""
    # Otherwise its wheels (1.31) keep a device id and usage events in the home folder, and send these off.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # takes a moment that a site which is fresh need not wait for

    model = onnxruntime.InferenceSession(layout.DETECTOR, providers=["CPUExecutionProvider"])
    card: dict[str, Any] = json.loads(model.get_modelmeta().custom_metadata_map[DETECTOR_CARD])
    return card, Path(onnxruntime.__file__).parent


def _own_files() -> Iterator[tuple[str, Path]]:
    """Yield each of our files' place in the site and where it is."""
    yield INDEX, layout.WEB / INDEX
    for file in sorted((layout.WEB / OWN).rglob("*")):
        if file.is_file():
            yield file.relative_to(layout.WEB).as_posix(), file


def _digest(*, extras: bool) -> str:
    """Return the SHA-256 over everything a site is made from."""
    files = [
        *_own_files(),
        ("lock", layout.WEB / "package-lock.json"),
        ("detector", layout.DETECTOR),
        ("builder", Path(__file__)),
    ]
    digest = hashlib.sha256(f"extras: {extras}\n".encode())
    for name, file in files:
        digest.update(f"{name}\n".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _parts(site: Path) -> dict[str, Any]:
    try:
        parts: dict[str, Any] = json.loads((site / PARTS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return parts


def _version(package: str) -> str:
    lock = json.loads((layout.WEB / "package-lock.json").read_text(encoding="utf-8"))
    return str(lock["packages"][f"node_modules/{package}"]["version"])


def _named(place: str) -> str:
    """Return a name by which servers know that a licence is text."""
    return place if Path(place).suffix else f"{place}.txt"


def _copy(file: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)
