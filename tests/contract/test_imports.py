import ast
import re
from pathlib import Path

import pytest

import maskservice

PACKAGE = Path(maskservice.__file__).parent
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))


def imports(module: str) -> set[str]:
    """Everything that a module of the function imports, by full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{name.name}" for name in node.names} | {str(node.module)}
    return found


@pytest.mark.parametrize("module", MODULES)
def test_the_function_knows_nothing_of_client_and_training(module: str) -> None:
    assert not {name for name in imports(module) if name.startswith(("maskclient", "masktrain"))}


@pytest.mark.parametrize("module", [name for name in MODULES if name not in ("settings", "__init__")])
def test_only_settings_reads_the_environment(module: str) -> None:
    assert not re.search(r"\b(environ|getenv)\b", (PACKAGE / f"{module}.py").read_text())


def test_preprocessing_needs_pillow_and_numpy_only() -> None:
    assert {name.partition(".")[0] for name in imports("preprocessing")} <= {"typing", "numpy", "PIL"}


def test_decoding_needs_no_more_than_them_and_its_errors() -> None:
    allowed = {"contextlib", "dataclasses", "functools", "io", "re", "numpy", "PIL", "maskservice"}
    assert {name.partition(".")[0] for name in imports("decoding")} <= allowed
    ours = {name for name in imports("decoding") if name.startswith("maskservice")}
    assert {name.removeprefix("maskservice.").partition(".")[0] for name in ours} == {"errors"}


def test_modules_depend_in_one_direction() -> None:
    below = {
        "decoding": 0,
        "preprocessing": 0,
        "classifier": 1,
        "pipeline": 2,
        "routes": 3,
        "app": 4,
        "handler": 5,
    }
    for module, level in below.items():
        used = {name.removeprefix("maskservice.") for name in imports(module)}
        assert not {other for other, height in below.items() if height > level} & used
