import re
import subprocess
import sys
from pathlib import Path

import pytest

from masktrain.dataset.table import COLUMNS, read_table

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "models" / "masktrain" / "README.md"
PYTHON = ".venv/bin/python"


def script(heading: str) -> str:
    """The commands below a heading of the guide."""
    found = re.search(rf"^### {heading}\n.*?^```sh\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"the guide has no commands below {heading!r}"
    return found[1]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like the repository, where the data part of the guide has been run."""
    folder = tmp_path_factory.mktemp("guide")
    for name in ("client", "models"):
        (folder / name).symlink_to(ROOT / name)
    commands = script("Make a data set")
    assert PYTHON in commands
    ended = subprocess.run(
        ["/bin/sh", "-euc", commands.replace(PYTHON, sys.executable)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return folder / "build" / "own"


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="needs a shell")
def test_the_guide_makes_a_data_set_to_train_on(workplace: Path) -> None:
    rows = read_table(workplace / "data")
    assert {row.source for row in rows} == {"photos", "crops", "elsewhere"}
    for split in ("train", "val", "test"):
        labels = {row.label for row in rows if row.split == split}
        assert {"with_mask", "incorrect_mask", "without_mask"} <= labels
    assert {row.source for row in rows if row.split == "test"} == {"elsewhere"}
    assert all((workplace / "data" / row.path).is_file() for row in rows)


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="needs a shell")
def test_the_guide_s_sheets_are_there_to_look_at(workplace: Path) -> None:
    assert list(workplace.glob("copies*.jpg"))
    sheets = {path.stem.rpartition("-")[0] for path in (workplace / "sheets").iterdir()}
    assert {"with_mask", "incorrect_mask", "without_mask", "not_face"} <= sheets


def test_the_guide_names_every_column() -> None:
    named = set(re.findall(r"`(\w+)`", GUIDE.read_text().partition("## The data folder")[2]))
    assert set(COLUMNS) <= named


def test_the_guide_names_real_commands() -> None:
    named = set(re.findall(r"^\| `([a-z-]+) [^`]*--[a-z]", GUIDE.read_text(), re.MULTILINE))
    assert {"import", "faces", "dedupe", "split", "sheet", "audit", "train", "evaluate"} <= named
    help_text = subprocess.run(
        [sys.executable, "-m", "masktrain", "--help"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert all(re.search(rf"^    {command}\b", help_text, re.MULTILINE) for command in named)
