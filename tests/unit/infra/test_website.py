import gzip
import json
import os
import re
from pathlib import Path

import pytest

import build_web
from maskinfra import layout, website
from maskinfra.errors import BuildError, SetupError

# Stands in for npm: notes how it is called and installs what the page takes.
NPM = """\
#!/bin/sh
echo "$@" >> ../called
runtime=node_modules/onnxruntime-web/dist
human=node_modules/@vladmandic/human
mkdir -p $runtime $human/dist $human/models
echo runtime > $runtime/ort.wasm.bundle.min.mjs
echo wasm > $runtime/ort-wasm-simd-threaded.wasm
echo more > $runtime/ort.all.min.js
echo human > $human/dist/human.esm.js
echo licence > $human/LICENSE
for model in blazeface facemesh faceres emotion handtrack; do
  echo > $human/models/$model.json; echo > $human/models/$model.bin
done
echo > node_modules/.package-lock.json
"""
PACKAGES = {"onnxruntime-web": "1.2.3", "@vladmandic/human": "4.5.6"}


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources of a page with one script, and an npm."""
    folder = tmp_path / "web"
    (folder / "web").mkdir(parents=True)
    (folder / "index.html").write_text("page")
    (folder / "web" / "main.js").write_text("script")
    packages = {f"node_modules/{name}": {"version": version} for name, version in PACKAGES.items()}
    (folder / "package-lock.json").write_text(json.dumps({"packages": packages}))
    install_npm(tmp_path, NPM)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(layout, "WEB", folder)
    return folder


def install_npm(folder: Path, script: str) -> None:
    npm = folder / "bin" / "npm"
    npm.parent.mkdir(exist_ok=True)
    npm.write_text(script)
    npm.chmod(0o755)


def calls(web: Path) -> list[str]:
    return (web.parent / "called").read_text().splitlines()


def files(site: Path) -> set[str]:
    return {file.relative_to(site).as_posix() for file in site.rglob("*") if file.is_file()}


def test_a_site_holds_the_page_and_what_it_needs(web: Path, tmp_path: Path) -> None:
    site = tmp_path / "build" / "site"
    assert website.build(site) is True
    models = {
        f"web/vendor/human/models/{model}.{suffix}"
        for model in ("blazeface", "facemesh", "faceres", "emotion")
        for suffix in ("bin", "json")
    }
    assert files(site) == models | {
        "index.html",
        "web/main.js",
        "web/parts.json",
        "web/face_detector.onnx",
        "web/face_detector.onnx.gz",
        "web/vendor/ort/ort.wasm.bundle.min.mjs",
        "web/vendor/ort/ort-wasm-simd-threaded.wasm",
        "web/vendor/ort/ort-wasm-simd-threaded.wasm.gz",
        "web/vendor/ort/LICENSE.txt",
        "web/vendor/ort/ThirdPartyNotices.txt",
        "web/vendor/human/human.esm.js",
        "web/vendor/human/LICENSE.txt",
    }
    assert (site / "web" / "main.js").read_text() == "script"
    detector = (site / "web" / "face_detector.onnx").read_bytes()
    assert detector == layout.DETECTOR.read_bytes()
    assert gzip.decompress((site / "web" / "face_detector.onnx.gz").read_bytes()) == detector
    assert "MIT License" in (site / "web" / "vendor" / "ort" / "LICENSE.txt").read_text()
    assert list(site.parent.iterdir()) == [site]
    assert calls(web) == ["ci --ignore-scripts --no-audit --no-fund --no-update-notifier"]


def test_its_parts_are_told(web: Path, tmp_path: Path) -> None:
    assert web.is_dir()
    website.build(tmp_path / "site")
    parts = json.loads((tmp_path / "site" / "web" / "parts.json").read_text())
    assert parts["extras"] is True
    assert parts["versions"] == PACKAGES
    assert parts["detector"]["name"] == "face-detector"
    assert 0 < parts["detector"]["threshold"] < 1
    assert re.fullmatch("[0-9a-f]{64}", parts["sources"])


def test_a_site_without_extras_says_so_and_has_none(web: Path, tmp_path: Path) -> None:
    assert web.is_dir()
    site = tmp_path / "site"
    website.build(site, extras=False)
    assert not [name for name in files(site) if "human" in name]
    parts = json.loads((site / "web" / "parts.json").read_text())
    assert (parts["extras"], parts["versions"]) == (False, {"onnxruntime-web": "1.2.3"})
    assert website.build(site) is True  # another site than was asked for before


def test_what_is_up_to_date_is_left_alone(web: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    website.build(site)
    (web / "node_modules" / ".package-lock.json").unlink()
    assert website.build(site) is False
    assert len(calls(web)) == 1


@pytest.mark.parametrize("changed", ["index.html", "web/main.js", "web/new.js", "package-lock.json"])
def test_whatever_changed_is_taken_in(web: Path, tmp_path: Path, changed: str) -> None:
    site = tmp_path / "site"
    website.build(site)
    (site / "web" / "of-yesterday.js").touch()
    with (web / changed).open("a") as file:
        file.write("\n")
    assert website.build(site) is True
    assert "web/of-yesterday.js" not in files(site)


def test_packages_are_installed_anew_when_the_lock_is_newer(web: Path) -> None:
    website.install()
    website.install()
    assert len(calls(web)) == 1
    later = (web / "node_modules" / ".package-lock.json").stat().st_mtime + 10
    os.utime(web / "package-lock.json", (later, later))
    website.install()
    assert len(calls(web)) == 2


def test_a_failing_build_leaves_the_site_as_it_was(web: Path, tmp_path: Path) -> None:
    site = tmp_path / "build" / "site"
    website.build(site)
    before = files(site)
    (web / "web" / "main.js").write_text("another script")
    (web / "node_modules" / "onnxruntime-web" / "dist" / "ort.wasm.bundle.min.mjs").unlink()
    with pytest.raises(BuildError, match=r"onnxruntime-web has no dist/ort\.wasm\.bundle\.min\.mjs"):
        website.build(site)
    assert files(site) == before
    assert (site / "web" / "main.js").read_text() == "script"
    assert list(site.parent.iterdir()) == [site]


def test_a_failing_npm_is_told(web: Path, tmp_path: Path) -> None:
    assert web.is_dir()
    install_npm(tmp_path, "#!/bin/sh\necho EINTEGRITY >&2\nexit 1\n")
    with pytest.raises(BuildError, match="Could not install what the page needs:\nEINTEGRITY"):
        website.build(tmp_path / "site")


def test_a_missing_npm_is_told(web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert web.is_dir()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"needs npm, which this machine lacks: it comes with Node\.js"):
        website.build(tmp_path / "site")


def test_make_web_tells_where_and_how_large(
    web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert web.is_dir()
    monkeypatch.setattr(layout, "SITE", tmp_path / "site")
    monkeypatch.setattr(layout, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["build_web.py"])
    assert build_web.main() == 0
    assert build_web.main() == 0
    assert re.fullmatch(r"site made: [\d.]+ MB\nsite was up to date: [\d.]+ MB\n", capsys.readouterr().out)
    monkeypatch.setattr("sys.argv", ["build_web.py", "--quiet"])
    assert build_web.main() == 0
    monkeypatch.setenv("PATH", str(tmp_path))
    (web / "node_modules" / ".package-lock.json").unlink()
    (web / "index.html").write_text("another page")
    assert build_web.main() == 1
    told = capsys.readouterr()
    assert (told.out, "needs npm" in told.err) == ("", True)
