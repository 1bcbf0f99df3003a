import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.parity.pagecases import WEB, Page


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Runs one of the tasks of page_rules.mjs."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js")
    folder = tmp_path_factory.mktemp("page")
    for module in WEB.glob("*.js"):
        shutil.copy(module, folder)
    (folder / "package.json").write_text('{"type": "module"}')

    def run(task: str, argument: Any) -> Any:
        command = [node, str(Path(__file__).with_name("page_rules.mjs")), str(folder)]
        told = json.dumps([[task, argument]])
        done = subprocess.run(command, input=told, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)[0]

    return run
