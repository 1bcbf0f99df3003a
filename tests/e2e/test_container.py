"""The container image: its start command everywhere, the image itself where there is a Docker engine."""

import contextlib
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from maskinfra import layout

DOCKERFILE = layout.INFRA / "container" / "Dockerfile"
IMAGE = "maskcheck-test"
CROP = (layout.PICTURES / "crops" / "hopper-mask.jpg").read_bytes()
JPEG = {"content-type": "image/jpeg"}
PORT = "8080"


def instructions(name: str) -> list[str]:
    """The arguments of every instruction of a name."""
    text = re.sub(r"\\\n", " ", DOCKERFILE.read_text())
    return re.findall(rf"^{name}\s+(.*)$", text, re.MULTILINE)


def command() -> list[str]:
    (told,) = instructions("CMD")
    parsed: list[str] = json.loads(told)
    return parsed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_healthy(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """What the image starts, started here: on loopback, and on another port."""
    port = free_port()
    here = {"python": sys.executable, "0.0.0.0": "127.0.0.1", PORT: str(port)}  # noqa: S104 (replaced)
    process = subprocess.Popen([here.get(word, word) for word in command()], stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            wait_until_healthy(client)
            yield process, client
    finally:
        process.kill()
        process.wait()


def test_the_start_command_serves(server: tuple[subprocess.Popen[bytes], httpx.Client]) -> None:
    answer = server[1].post("/v1/classify", content=CROP, headers=JPEG)
    assert answer.status_code == 200
    assert answer.json()["results"][0]["label"] == "with_mask"
    assert "server" not in answer.headers


def test_idle_connections_leave_it_healthy(server: tuple[subprocess.Popen[bytes], httpx.Client]) -> None:
    client = server[1]
    address = (client.base_url.host, client.base_url.port or 0)
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(socket.create_connection(address)).sendall(
                b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n"
            )
        assert client.get("/health").status_code == 200
        assert client.post("/v1/classify", content=CROP, headers=JPEG).status_code == 200


def test_it_stops_when_told_to(server: tuple[subprocess.Popen[bytes], httpx.Client]) -> None:
    process, client = server
    client.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) in (0, -signal.SIGTERM)  # once done it lets the signal have its way


def test_the_image_runs_as_nobody_in_particular() -> None:
    (user,) = instructions("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)


def test_the_health_check_asks_the_port_that_is_served() -> None:
    (check,) = instructions("HEALTHCHECK")
    assert f"127.0.0.1:{PORT}/health" in check
    assert command()[command().index("--port") + 1] == PORT
    assert instructions("EXPOSE") == [PORT]


def test_all_that_is_copied_reaches_the_builder() -> None:
    ignored = (layout.ROOT / ".dockerignore").read_text().split()
    sources = [word for copy in instructions("COPY") if "--from" not in copy for word in copy.split()[:-1]]
    assert {f"!{source}" for source in sources} == {line for line in ignored if line.startswith("!")}
    for source in sources:
        assert (layout.ROOT / source).exists()


@pytest.fixture(scope="module")
def image() -> str:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no Docker engine runs here")
    base = instructions("FROM")[-1]
    present = [docker, "image", "inspect", base]
    if subprocess.run(present, capture_output=True, check=False).returncode != 0 and (
        subprocess.run([docker, "pull", "--quiet", base], capture_output=True, check=False).returncode != 0
    ):
        pytest.skip(f"the base image {base} is not here and cannot be fetched")
    build = [docker, "build", "--network", "host", "-f", str(DOCKERFILE), "-t", IMAGE, str(layout.ROOT)]
    result = subprocess.run(build, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return IMAGE


def docker(*words: str | Path) -> str:
    result = subprocess.run(["docker", *words], capture_output=True, text=True, check=True)  # noqa: S607
    return result.stdout.strip()


@pytest.fixture(scope="module")
def container(image: str) -> Iterator[str]:
    hardened = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]  # noqa: S108 (in the container)
    name = docker("run", "--detach", "--network", "host", *hardened, image)
    try:
        yield name
    finally:
        docker("rm", "--force", name)


def test_the_image_serves_from_a_read_only_file_system(container: str) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{PORT}") as client:
        wait_until_healthy(client)
        answer = client.post("/v1/classify", content=CROP, headers=JPEG)
    assert answer.json()["results"][0]["label"] == "with_mask"
    assert docker("exec", container, "id", "-u") == "10001"
    with pytest.raises(subprocess.CalledProcessError):
        docker("exec", container, "touch", "/app/x")


def test_docker_finds_it_healthy(container: str) -> None:
    deadline = time.monotonic() + 40
    while (state := docker("inspect", "-f", "{{.State.Health.Status}}", container)) != "healthy":
        assert time.monotonic() < deadline, state
        time.sleep(0.5)


def test_it_needs_no_more_than_the_artefact_does(container: str) -> None:
    assert int(docker("exec", container, "du", "-sm", "/app").split()[0]) < 180


def test_the_container_stops_when_told_to(container: str) -> None:
    started = time.monotonic()
    docker("stop", "--time", "10", container)
    assert time.monotonic() - started < 5
    assert docker("inspect", "-f", "{{.State.ExitCode}}", container) == "0"
