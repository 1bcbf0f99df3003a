import ast
import inspect
import subprocess
import sys
from pathlib import Path

import maskclient
from maskclient import errors

PACKAGE = Path(maskclient.__file__).parent


def imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
    return names


def test_everything_promised_is_there_and_nothing_more() -> None:
    here = {name: value for name, value in vars(maskclient).items() if not name.startswith("_")}
    public = {name for name, value in here.items() if not inspect.ismodule(value)}
    assert sorted(maskclient.__all__) == maskclient.__all__
    assert set(maskclient.__all__) == public | {"__version__"}


def test_every_error_is_public_and_told_of() -> None:
    classes = [value for value in vars(errors).values() if inspect.isclass(value)]
    tree = {kind.__name__ for kind in classes if issubclass(kind, Exception)}
    assert tree <= set(maskclient.__all__)
    assert {name for name in tree if f"``{name}``" in str(errors.__doc__)} == tree


def test_the_client_speaks_http_only() -> None:
    for path in PACKAGE.rglob("*.py"):
        roots = {name.partition(".")[0] for name in imports(path)}
        assert not roots & {"maskservice", "masktrain"}, path.name


def test_cameras_know_nothing_of_who_is_told() -> None:
    above = ("maskclient.show", "maskclient.alerts", "maskclient.commands", "maskclient.wall")
    for path in (PACKAGE / "camera").glob("*.py"):
        assert not [name for name in imports(path) if name.startswith(above)], path.name


def test_the_sdk_does_not_load_what_only_the_command_needs() -> None:
    code = "import sys, maskclient; print(sorted({'cv2', 'PIL', 'rich', 'numpy'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
