import contextlib
import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, cast

MODEL = {
    "name": "mask-classifier",
    "version": "1.0.0",
    "sha256": "ab" * 32,
    "labels": ["with_mask", "incorrect_mask", "without_mask", "not_face"],
    "input_size": [112, 112],
    "crop_margin": 0.15,
    "thresholds": {"compliant": 0.9, "violation": 0.8},
    "min_face_px": 24,
    "metrics": {"test_accuracy": 0.98},
}
REF = {name: MODEL[name] for name in ("name", "version", "sha256")}


def result(index: int, label: str = "with_mask", verdict: str = "compliant") -> dict[str, Any]:
    probabilities = dict.fromkeys(cast(list[str], MODEL["labels"]), 0.01) | {label: 0.97}
    return {
        "index": index,
        "filename": f"face-{index}.jpg",
        "label": label,
        "confidence": 0.97,
        "verdict": verdict,
        "reasons": [],
        "probabilities": probabilities,
        "width": 180,
        "height": 170,
    }


@dataclass(frozen=True)
class Reply:
    status: int = 200
    document: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after: threading.Event | None = None


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def crops(self) -> int:
        return self.body.count(b'name="crops"')


class ScriptedApi:
    """Gives the scripted replies first, and what a healthy API would say from then on."""

    def __init__(self) -> None:
        self.script: deque[Reply] = deque()
        self.received: list[Received] = []
        self.label = "with_mask"
        self.verdict = "compliant"
        self.url = ""

    def reply(self, request: Received) -> Reply:
        self.received.append(request)
        if self.script:
            return self.script.popleft()
        if request.path == "/v1/classify":
            results = [result(index, self.label, self.verdict) for index in range(request.crops)]
            number = len(self.received)
            return Reply(
                document={"request_id": f"r{number}", "model": REF, "results": results, "timing_ms": {}}
            )
        documents = {"/v1/model": MODEL, "/health": {"status": "ok", "version": "1.0.0", "model": REF}}
        return Reply(document=documents[request.path])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: ClassVar[ScriptedApi]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.api.reply(Received(self.command, self.path, headers, body))
        if reply.after is not None:
            reply.after.wait(5)
        content = json.dumps(reply.document).encode() if reply.body is None else reply.body
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(content)), **reply.headers}.items():
            self.send_header(name, value)
        with contextlib.suppress(ConnectionError):  # the client may have lost its patience
            self.end_headers()
            self.wfile.write(content)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def serving(scripted: ScriptedApi) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": scripted}))
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    scripted.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
