import ast
import re
from pathlib import Path

import pytest

import maskservice

PACKAGE = Path(maskservice.__file__).parent
SERVICE = sorted(path.stem for path in PACKAGE.glob("*.py"))
BATCH = sorted(f"batch/{path.stem}" for path in (PACKAGE / "batch").glob("*.py"))
MODULES = [*SERVICE, *BATCH]

READERS_OF_THE_ENVIRONMENT = ("settings", "batch/settings", "__init__")


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


@pytest.mark.parametrize("module", [name for name in MODULES if name not in READERS_OF_THE_ENVIRONMENT])
def test_only_settings_reads_the_environment(module: str) -> None:
    assert not re.search(r"\b(environ|getenv)\b", (PACKAGE / f"{module}.py").read_text())


def test_preprocessing_needs_pillow_and_numpy_only() -> None:
    assert {name.partition(".")[0] for name in imports("preprocessing")} <= {"typing", "numpy", "PIL"}


@pytest.mark.parametrize(("module", "ours"), [("decoding", {"errors", "segments"}), ("segments", {"errors"})])
def test_decoding_needs_no_more_than_them_and_its_errors(module: str, ours: set[str]) -> None:
    allowed = {"contextlib", "dataclasses", "functools", "io", "re", "numpy", "PIL", "maskservice"}
    assert {name.partition(".")[0] for name in imports(module)} <= allowed
    found = {name for name in imports(module) if name.startswith("maskservice")}
    assert {name.removeprefix("maskservice.").partition(".")[0] for name in found} == ours


def test_modules_depend_in_one_direction() -> None:
    below = {
        "decoding": 0,
        "preprocessing": 0,
        "classifier": 1,
        "crops": 1,
        "pipeline": 2,
        "routes": 3,
        "app": 4,
        "handler": 5,
    }
    for module, level in below.items():
        used = {name.removeprefix("maskservice.") for name in imports(module)}
        assert not {other for other, height in below.items() if height > level} & used


@pytest.mark.parametrize("module", SERVICE)
def test_the_service_knows_nothing_of_batches(module: str) -> None:
    assert not {name for name in imports(module) if name.startswith("maskservice.batch")}


@pytest.mark.parametrize("module", BATCH)
def test_a_batch_answers_no_requests(module: str) -> None:
    above = {f"maskservice.{name}" for name in ("app", "routes", "handler", "gateway", "openapi")}
    assert not imports(module) & above


@pytest.mark.parametrize("module", [name for name in BATCH if name not in ("batch/s3store", "batch/handler")])
def test_aws_is_met_in_one_place(module: str) -> None:
    """Clients are made in s3store and put together in the handler; a folder needs no boto3."""
    assert not {name for name in imports(module) if name.startswith(("boto", "maskservice.batch.s3store"))}


def test_batch_modules_depend_in_one_direction() -> None:
    below = {
        "faults": 0,
        "keys": 0,
        "store": 0,
        "judging": 1,
        "members": 1,
        "documents": 2,
        "summary": 3,
        "recording": 4,
        "archives": 5,
        "worker": 6,
        "function": 7,
        "handler": 8,
        "local": 8,
    }
    for module, level in below.items():
        used = {name.removeprefix("maskservice.batch.") for name in imports(f"batch/{module}")}
        assert not {other for other, height in below.items() if height > level} & used
