"""What the installed packages bring that the function never reads."""

import shutil
from pathlib import Path

DEAD_WEIGHT = (
    # Console scripts of the packages; nobody calls them in a function.
    "bin",
    # Tests and examples.
    "**/tests",
    "google/protobuf/testdata",
    "numpy/conftest.py",
    "numpy/random/_examples",
    # Only compilers, type checkers and freezers read these.
    "**/*.pyi",
    "**/*.pxd",
    "**/*.pyx",
    "numpy/_core/include",
    "numpy/_core/lib",
    "numpy/random/lib",
    "numpy/_pyinstaller",
    "numpy/f2py",
    # Making and converting models; running one needs none of it.
    "onnxruntime/backend",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    # AVIF, which the function refuses, and Tk.
    "PIL/_avif*.so",
    "pillow.libs/libavif-*",
    "PIL/_imagingtk*.so",
    # The list of installed files, no longer true. The rest of *.dist-info stays: OpenTelemetry finds its
    # context by entry point, and the licences belong to what is shipped.
    "*.dist-info/RECORD",
)

_ONNX_BINDING = "onnxruntime/capi/onnxruntime_pybind11_state*.so"
_ONNX_LIBRARY = "onnxruntime/capi/libonnxruntime.so*"


def prune(artifact: Path) -> None:
    """Remove dead weight.

    Parameters
    ----------
    artifact : Path
        A folder with packages installed by ``pip --target``.
    """
    for pattern in DEAD_WEIGHT:
        _remove(artifact, pattern)
    if not _binding_needs_library(artifact):
        _remove(artifact, _ONNX_LIBRARY)


def _binding_needs_library(artifact: Path) -> bool:
    """Tell whether the Python binding of ONNX Runtime still holds the whole runtime itself.

    So it does up to 1.31, and ``libonnxruntime.so`` (28 MB) is there for C programs. The name of
    a library that a binary links or opens stands in the binary.
    """
    return any(b"libonnxruntime.so" in binding.read_bytes() for binding in artifact.glob(_ONNX_BINDING))


def _remove(artifact: Path, pattern: str) -> None:
    for path in list(artifact.glob(pattern)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
