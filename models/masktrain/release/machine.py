"""What a latency depends on besides the model, in words without the machine's name."""

import platform
from pathlib import Path

import onnxruntime

_TELLING = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm")
"""Instruction sets that decide how fast float and int8 run, as Linux names them."""


def describe_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return processor, instruction sets and versions in one line.

    Parameters
    ----------
    cpuinfo : Path
        Linux's description of the processor; elsewhere, where there is none, Python's is taken.
    """
    name, flags = platform.processor() or platform.machine(), "instruction sets unknown"
    if cpuinfo.is_file():
        fields = dict(_fields(cpuinfo.read_text(encoding="utf-8")))
        name = fields.get("model name", platform.machine())
        present = (fields.get("flags") or fields.get("Features") or "").split()
        flags = (
            ", ".join(flag for flag in _TELLING if flag in present) or "none of the telling instruction sets"
        )
    return f"{name} ({flags}), one thread, ONNX Runtime {onnxruntime.__version__}, {platform.system()}"


def _fields(text: str) -> list[tuple[str, str]]:
    """Split the first processor's lines into name and value."""
    first = text.strip().split("\n\n", 1)[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return [(name.strip(), value.strip()) for name, _, value in pairs]
