import sys
from pathlib import Path

import pytest

from maskinfra.errors import SetupError
from maskinfra.interpreters import VARIABLE, find_python, minor_version

HERE = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def make_python(path: Path, answer: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return path


def test_the_running_python_is_found_first() -> None:
    assert find_python(HERE) == Path(sys.executable)


def test_a_python_on_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = make_python(tmp_path / "python3.99", "echo 3.99")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert find_python("3.99") == python


def test_a_shim_that_does_not_run_gives_way_to_pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_python(tmp_path / "shims" / "python3.99", "exit 127")
    make_python(tmp_path / "versions" / "3.99.1" / "bin" / "python3.99", "echo 3.99")
    newest = make_python(tmp_path / "versions" / "3.99.2" / "bin" / "python3.99", "echo 3.99")
    monkeypatch.setenv("PATH", f"{tmp_path / 'shims'}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert find_python("3.99") == newest


def test_a_missing_python_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert find_python("3.98") is None


def test_the_variable_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = make_python(tmp_path / "mine", f"echo {HERE}")
    monkeypatch.setenv(VARIABLE, str(python))
    assert find_python(HERE) == python


def test_the_variable_must_name_the_right_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, sys.executable)
    with pytest.raises(SetupError, match=r"which is no Python 3\.98\."):
        find_python("3.98")


def test_what_is_no_interpreter_has_no_version(tmp_path: Path) -> None:
    assert minor_version(tmp_path / "missing") is None
