"""The same function as SAM builds it when nobody interferes: what our own build is measured against."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from maskinfra import layout
from maskinfra.errors import BuildError
from maskinfra.interpreters import find_python
from maskinfra.target import BuildRecord, Target, sources_digest

_TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  MaskFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: maskservice.handler.handler
      Runtime: python{python}
      Architectures: [{architecture}]
"""


def build_stock() -> Path:
    """Build with SAM's own Python builder, unless that was done already for these sources.

    Returns
    -------
    Path
        The artefact, with a record like ours, so that the emulator takes it.

    Raises
    ------
    BuildError
        If the build failed, or this machine lacks Lambda's Python.
    """
    target = Target.of_template()
    project = layout.ROOT / "build" / "stock"
    artifact = project / ".aws-sam" / "build" / "MaskFunction"
    digest = sources_digest()
    record = BuildRecord.read(artifact)
    if record == BuildRecord(target, digest):
        return artifact
    python = find_python(target.python)
    if python is None:
        raise BuildError(f"Without Python {target.python} there is nothing to compare with.")
    shutil.rmtree(project, ignore_errors=True)
    code = project / "code"
    shutil.copytree(layout.PACKAGE, code / "maskservice", ignore=shutil.ignore_patterns("__pycache__"))
    (code / "models").mkdir()
    shutil.copy(layout.MODEL, code / "models")
    shutil.copy(layout.REQUIREMENTS, code)
    template = _TEMPLATE.format(python=target.python, architecture=target.architecture)
    (project / "template.yaml").write_text(template, encoding="utf-8")
    sam = Path(sys.executable).with_name("sam")
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0"}
    result = subprocess.run(
        [sam, "build"], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise BuildError(f"SAM's own build failed:\n{result.stderr[-2000:]}")
    BuildRecord(target, digest).write(artifact)
    return artifact
