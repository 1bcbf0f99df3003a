from pathlib import Path

import pytest

from maskinfra.pruning import prune

BINDING = "onnxruntime/capi/onnxruntime_pybind11_state.cpython-313-x86_64-linux-gnu.so"
LIBRARY = "onnxruntime/capi/libonnxruntime.so.1.31.1"
DEAD = (
    "bin/fastapi",
    "numpy/lib/tests/test_io.py",
    "numpy/f2py/auxfuncs.py",
    "numpy/__init__.pyi",
    "onnxruntime/transformers/models/bert/eval_squad.py",
    "PIL/_avif.cpython-313-x86_64-linux-gnu.so",
    "pillow.libs/libavif-c6062d5f.so.16.4.2",
    "pillow-13.0.0.dist-info/RECORD",
)
ALIVE = (
    "numpy/testing/__init__.py",
    "numpy/lib/_npyio_impl.py",
    "onnxruntime/__init__.py",
    "PIL/_webp.cpython-313-x86_64-linux-gnu.so",
    "pillow.libs/libwebp-51b0b3f7.so.7.2.0",
    "opentelemetry_api-1.45.2.dist-info/entry_points.txt",
    "pillow-13.0.0.dist-info/licenses/LICENSE",
)


def lay_out(artifact: Path, *names: str, content: bytes = b"") -> None:
    for name in names:
        (artifact / name).parent.mkdir(parents=True, exist_ok=True)
        (artifact / name).write_bytes(content)


def test_dead_weight_goes_and_the_rest_stays(tmp_path: Path) -> None:
    lay_out(tmp_path, *DEAD, *ALIVE)
    prune(tmp_path)
    left = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert left == set(ALIVE)


@pytest.mark.parametrize(("links", "stays"), [(b"\0libonnxruntime.so.1\0", True), (b"\0libm.so.6\0", False)])
def test_the_onnx_library_stays_where_the_binding_links_it(
    tmp_path: Path, links: bytes, *, stays: bool
) -> None:
    lay_out(tmp_path, BINDING, content=links)
    lay_out(tmp_path, LIBRARY)
    prune(tmp_path)
    assert (tmp_path / BINDING).exists()
    assert (tmp_path / LIBRARY).exists() is stays
