import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
import requests

from maskclient.detectorfiles import FILES, DetectorFile, data_folder, fetch, install, installed
from maskclient.errors import DetectorUnavailable

CONTENT = bytes(range(256)) * 40
over_http = partial(fetch, scheme="http")


class Files(BaseHTTPRequestHandler):
    """Serves files that are right and wrong in several ways."""

    contents: ClassVar = {
        "/right": CONTENT,
        "/long": CONTENT + b"x",
        "/short": CONTENT[:-1],
        "/other": bytes(len(CONTENT)),
    }

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/right")
        elif self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "ftp://127.0.0.1/right")
        else:
            self.send_response(200 if self.path in self.contents else 404)
        content = self.contents.get(self.path, b"")
        self.send_header("Content-Length", str(len(content) + (self.path == "/short")))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as address:
        yield address


def file_at(*addresses: str) -> dict[str, DetectorFile]:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return {"yunet": DetectorFile("model.onnx", addresses, digest, len(CONTENT), "MIT")}


@pytest.mark.parametrize("path", ["/right", "/moved"])
def test_a_file_is_fetched_checked_and_put_into_its_place(server: str, path: str, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    placed = install("yunet", folder, over_http, file_at(server + path))
    assert placed == folder / "model.onnx"
    assert placed.read_bytes() == CONTENT
    assert list(folder.iterdir()) == [placed]


@pytest.mark.parametrize("path", ["/long", "/other"])
def test_a_wrong_file_is_thrown_away_and_told(server: str, path: str, tmp_path: Path) -> None:
    with pytest.raises(
        DetectorUnavailable, match=r"not the expected file.*by other means and put it at .*sha256"
    ):
        install("yunet", tmp_path, over_http, file_at(server + path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/none", "/short", "/elsewhere"])
def test_an_address_that_gives_nothing_whole_is_told(server: str, path: str, tmp_path: Path) -> None:
    with pytest.raises(DetectorUnavailable, match=r"could not be fetched \(\w+\)\. Try again later"):
        install("yunet", tmp_path, over_http, file_at(server + path))
    assert list(tmp_path.iterdir()) == []


def test_no_network_is_told(tmp_path: Path) -> None:
    with serving() as gone:
        pass
    with pytest.raises(DetectorUnavailable, match=r"could not be fetched \(ConnectionError\)"):
        install("yunet", tmp_path, over_http, file_at(gone + "/right"))


def test_plain_http_is_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(DetectorUnavailable, match=r"could not be fetched \(InvalidSchema\)"):
        install("yunet", tmp_path, files=file_at(server + "/right"))
    with pytest.raises(requests.exceptions.InvalidSchema):
        list(fetch(server + "/right"))


def test_the_next_address_is_tried(server: str, tmp_path: Path) -> None:
    files = file_at(server + "/none", server + "/other", server + "/right")
    assert install("yunet", tmp_path, over_http, files).read_bytes() == CONTENT


def test_a_file_that_is_there_is_not_fetched_again_and_a_broken_one_is_replaced(
    server: str, tmp_path: Path
) -> None:
    (tmp_path / "model.onnx").write_bytes(CONTENT)
    assert install("yunet", tmp_path, over_http, file_at(server + "/none")).read_bytes() == CONTENT
    (tmp_path / "model.onnx").write_bytes(b"broken")
    assert install("yunet", tmp_path, over_http, file_at(server + "/right")).read_bytes() == CONTENT


def test_what_was_there_survives_a_failure(server: str, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"older")
    with pytest.raises(DetectorUnavailable):
        install("yunet", tmp_path, over_http, file_at(server + "/other"))
    assert (tmp_path / "model.onnx").read_bytes() == b"older"


def test_a_folder_that_cannot_be_made_is_told(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DetectorUnavailable, match=r"could not be written.*MASKCHECK_DATA"):
        install("yunet", tmp_path / "file", over_http, file_at(server + "/right"))


def test_other_names_are_told(tmp_path: Path) -> None:
    with pytest.raises(DetectorUnavailable, match=r"no file to fetch for the detector 'haar'.*yunet"):
        install("haar", tmp_path)
    assert installed("haar", tmp_path) is None


def test_an_installed_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed("yunet", tmp_path) is None
    place = tmp_path / FILES["yunet"].file
    place.touch()
    assert installed("yunet", tmp_path) == place
    monkeypatch.setenv("MASKCHECK_DATA", str(tmp_path))
    assert installed("yunet") == place


def test_what_is_pinned_is_fetched_over_https_from_a_commit() -> None:
    for file in FILES.values():
        assert all(address.startswith("https://") for address in file.addresses)
        assert not any("/master/" in address or "/main/" in address for address in file.addresses)
        assert len(file.sha256) == 64


def test_the_pinned_hash_is_that_of_the_file_at_hand() -> None:
    file = Path(__file__).resolve().parents[4] / "shared" / "weights" / FILES["yunet"].file
    if not file.is_file():
        pytest.skip("YuNet's file is not beside the checkout")
    assert file.stat().st_size == FILES["yunet"].size
    assert hashlib.sha256(file.read_bytes()).hexdigest() == FILES["yunet"].sha256


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {}, "home/.local/share/maskcheck"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/maskcheck"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "home/.local/share/maskcheck"),
        ("darwin", {"XDG_DATA_HOME": "/data"}, "home/Library/Application Support/maskcheck"),
        ("win32", {}, "home/AppData/Local/maskcheck"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/maskcheck"),
        ("win32", {"MASKCHECK_DATA": "/chosen"}, "/chosen"),
    ],
)
def test_the_folder_is_where_the_system_keeps_data(
    platform: str, variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MASKCHECK_DATA", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("home"))
    assert data_folder() == Path(folder)
