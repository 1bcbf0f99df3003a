import os
import subprocess
import sys
from pathlib import Path

import pytest

from maskinfra import layout
from maskinfra.additions import BATCH, OF_FUNCTION, WEB_VARIABLE, Addition
from maskinfra.errors import BuildError
from maskinfra.target import sources_digest


def site(folder: Path) -> Path:
    (folder / "parts").mkdir(parents=True)
    (folder / "index.html").write_text("page")
    (folder / "parts" / "a.js").write_text("code")
    return folder


def test_a_folder_and_a_file_come_to_their_places(tmp_path: Path) -> None:
    artifact = tmp_path / "artifact"
    Addition(site(tmp_path / "site"), "web").copy_into(artifact)
    Addition(tmp_path / "site" / "index.html", "models/only.html").copy_into(artifact)
    held = {file.relative_to(artifact).as_posix() for file in artifact.rglob("*") if file.is_file()}
    assert held == {"web/index.html", "web/parts/a.js", "models/only.html"}
    assert (artifact / "web" / "parts" / "a.js").read_text() == "code"


def test_what_is_missing_is_told_with_what_to_do(tmp_path: Path) -> None:
    missing = Addition(tmp_path / "site", "web", "Run `make web`.")
    with pytest.raises(BuildError, match=r"site is missing, and the artefact needs it\. Run `make web`\.$"):
        missing.copy_into(tmp_path / "artifact")


def test_nothing_in_an_artifact_is_replaced(tmp_path: Path) -> None:
    artifact = site(tmp_path / "artifact")
    with pytest.raises(BuildError, match=r"has a index\.html already"):
        Addition(artifact / "parts" / "a.js", "index.html").copy_into(artifact)
    assert (artifact / "index.html").read_text() == "page"


def test_contents_and_places_are_part_of_the_digest(tmp_path: Path) -> None:
    page = site(tmp_path / "site") / "index.html"
    without = sources_digest(())
    digests = {
        without,
        sources_digest([Addition(page, "a.html")]),
        sources_digest([Addition(page, "b.html")]),
    }
    page.write_text("another page")
    digests.add(sources_digest([Addition(page, "a.html")]))
    assert len(digests) == 4
    page.unlink()
    assert sources_digest([Addition(page, "a.html")]) == without


def test_the_batch_function_finds_faces_itself() -> None:
    assert OF_FUNCTION["BatchFunction"] == BATCH
    assert [pair for addition in BATCH for pair in addition.files()] == [
        ("models/face_detector.onnx", layout.DETECTOR)
    ]


def test_every_function_has_its_make_target() -> None:
    makefile = (layout.FUNCTION / "Makefile").read_text(encoding="utf-8")
    targets = next(line for line in makefile.splitlines() if line.startswith(".PHONY:")).split()[1:]
    assert targets == [f"build-{name}" for name in OF_FUNCTION]


@pytest.mark.parametrize(("told", "held"), [("on", True), ("off", False), (None, False)])
def test_the_apis_artefact_holds_the_page_where_make_is_told_so(told: str | None, *, held: bool) -> None:
    others = {name: value for name, value in os.environ.items() if name != WEB_VARIABLE}
    environment = others if told is None else {**others, WEB_VARIABLE: told}
    code = "from maskinfra.additions import OF_FUNCTION, PAGE; print(PAGE in OF_FUNCTION['MaskFunction'])"
    command = [sys.executable, "-c", code]
    printed = subprocess.run(
        command, cwd=layout.INFRA, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == str(held)
