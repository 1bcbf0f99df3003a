import platform
from pathlib import Path

import onnxruntime
import pytest

from masktrain.release.machine import describe_machine

X86 = "processor : 0\nmodel name : Fast CPU\nflags : fpu avx2 avx512_vnni\n\nprocessor : 1\nmodel name : B\n"


def test_the_instruction_sets_that_matter_are_named(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(X86)
    told = describe_machine(cpuinfo)
    assert told.startswith("Fast CPU (avx2, avx512_vnni), one thread")
    assert f"ONNX Runtime {onnxruntime.__version__}" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Features\t: fp asimddp i8mm\n", "(asimddp, i8mm)"),
        ("model name : Old CPU\nflags : fpu sse2\n", "(none of the telling instruction sets)"),
        (None, "(instruction sets unknown)"),
    ],
)
def test_other_processors_are_described_too(text: str | None, words: str, tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if text is not None:
        cpuinfo.write_text(text)
    assert words in describe_machine(cpuinfo)


def test_it_does_not_name_the_machine() -> None:
    assert platform.node() not in describe_machine() or len(platform.node()) < 4
