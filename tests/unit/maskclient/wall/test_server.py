import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from maskclient.errors import ConfigurationInvalid
from maskclient.wall import viewing
from maskclient.wall.app import create_app
from maskclient.wall.hub import Hub
from maskclient.wall.server import WallServer
from tests.unit.maskclient.wall.fakes import TOKEN, FakeCameras

Serve = Callable[..., WallServer]
HEADER = {"Authorization": f"Bearer {TOKEN}"}
PAGES = Path(viewing.__file__).parent


def socket_url(wall: WallServer, path: str = "watch") -> str:
    return wall.url.replace("http://", "ws://") + path


def next_json(socket: ClientConnection) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(socket.recv(timeout=5))
    return value


def refused_status(url: str, headers: dict[str, str]) -> int:
    with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=headers):
        pass
    return refused.value.response.status_code


@pytest.mark.parametrize(
    ("path", "media_type"), [("", "text/html"), ("wall.js", "text/javascript"), ("wall.css", "text/css")]
)
def test_the_page_is_served_under_a_strict_policy(serve: Serve, path: str, media_type: str) -> None:
    answer = requests.get(serve(TOKEN).url + path, timeout=5)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(media_type)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'"
    )
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in answer.headers


def test_the_page_holds_nothing_that_its_policy_forbids_and_makes_no_html_of_words() -> None:
    page, script = (PAGES / "index.html").read_text(), (PAGES / "wall.js").read_text()
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|https?://", page)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\.style\b", script)
    for wanted in ("<main", "<header", "<aside", 'aria-live="', 'lang="en"', 'name="viewport"'):
        assert wanted in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:8090"},
        {"Host": "[::1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_other_sites_are_refused(serve: Serve, cameras: FakeCameras, headers: dict[str, str]) -> None:
    wall = serve()
    for method, path in (("GET", ""), ("POST", "api/cameras"), ("DELETE", "api/cameras/door")):
        answer = requests.request(method, wall.url + path, headers=headers, json={"source": "0"}, timeout=5)
        assert answer.status_code == 403
    assert cameras.names == []
    if "Origin" in headers:  # this client sets Host itself
        for path in ("watch", "publish"):
            assert refused_status(socket_url(wall, path), headers) == 403


def test_its_own_page_is_welcome_by_each_name(serve: Serve) -> None:
    wall = serve()
    port = wall.url.rsplit(":", 1)[1].rstrip("/")
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"LOCALHOST:{port}"):
        headers = {"Host": host, "Origin": f"http://{host.lower()}"}
        assert requests.get(f"{wall.url}api/cameras", headers=headers, timeout=5).status_code == 200


def test_where_others_reach_it_every_name_is_its_own_but_no_other_site(
    hub: Hub, cameras: FakeCameras
) -> None:
    app = create_app(hub, cameras, TOKEN, "10.0.0.2")
    with WallServer(app, "127.0.0.1", 0) as wall:
        for host, origin, status in (
            ("wall.example", None, 200),
            ("wall.example", "https://wall.example", 200),
            ("wall.example", "https://evil.example", 403),
        ):
            headers = {"Host": host, **({"Origin": origin} if origin else {})}
            assert requests.get(wall.url, headers=headers, timeout=5).status_code == status


def test_cameras_are_added_and_removed(serve: Serve, cameras: FakeCameras, hub: Hub) -> None:
    url = f"{serve(TOKEN).url}api/cameras"
    added = requests.post(url, json={"source": " 0 ", "name": "a/b c"}, headers=HEADER, timeout=5)
    assert (added.status_code, added.json()) == (201, {"name": "a/b c"})
    hub.add("a/b c", "here")
    listed = requests.get(url, headers=HEADER, timeout=5).json()["cameras"]
    assert [camera["name"] for camera in listed] == ["a/b c"]
    assert requests.delete(f"{url}/a%2Fb%20c", headers=HEADER, timeout=5).status_code == 204
    assert cameras.names == []
    gone = requests.delete(f"{url}/a%2Fb%20c", headers=HEADER, timeout=5)
    assert (gone.status_code, gone.json()["error"]) == (404, "There is no camera 'a/b c'.")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b'{"source": "nowhere"}', 422, "no such file"),
        (b'{"source": 7}', 400, "Send a source"),
        (b'{"source": "0", "name": 7}', 400, "Send a source"),
        (b"[]", 400, "no JSON object"),
        (b"{", 400, ""),
        (b" " * 10_001, 400, "10000 bytes"),
    ],
)
def test_what_cannot_be_added_is_said(serve: Serve, body: bytes, status: int, said: str) -> None:
    answer = requests.post(f"{serve(TOKEN).url}api/cameras", data=body, headers=HEADER, timeout=5)
    assert answer.status_code == status
    assert said in answer.json()["error"]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_without_the_token_nothing_is_told_or_changed(
    serve: Serve, cameras: FakeCameras, header: dict[str, str]
) -> None:
    cameras.names = ["door"]
    wall = serve(TOKEN)
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/door")):
        url = f"{wall.url}api/cameras{path}?token={TOKEN}"  # in an address it does not count
        answer = requests.request(method, url, headers=header, json={"source": "0"}, timeout=5)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert cameras.names == ["door"]
    assert refused_status(socket_url(wall, f"publish?token={TOKEN}"), header) == 403


def test_a_port_that_is_taken_is_said(serve: Serve, hub: Hub, cameras: FakeCameras) -> None:
    port = int(serve().url.rsplit(":", 1)[1].rstrip("/"))
    for host, wrong in (("127.0.0.1", port), ("no.such.host.invalid", 0)):
        with pytest.raises(ConfigurationInvalid, match="cannot listen at"):
            WallServer(create_app(hub, cameras, None, host), host, wrong)


def test_it_ends_though_somebody_looks(serve: Serve) -> None:
    wall = serve()
    with connect(socket_url(wall)) as socket:
        next_json(socket)
        wall.close()
        assert not wall.alive
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
