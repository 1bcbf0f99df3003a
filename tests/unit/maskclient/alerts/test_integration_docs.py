import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest

from maskclient.alerts.webhook import signature

DOCS = Path(__file__).parents[4] / "client" / "docs"
TEXT = (DOCS / "integration.md").read_text(encoding="utf-8")
SECRET, BODY = b"secret", b'{"event_id":"7","type":"admit","camera":"T\xc3\xbcr"}'


def example(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert len(found) == 1
    return cast(str, found[0])


def signed() -> dict[str, str]:
    timestamp = str(int(time.time()))
    return {
        "x-maskcheck-timestamp": timestamp,
        "x-maskcheck-signature": signature(SECRET, timestamp, BODY),
    }


def test_the_example_of_an_event_is_one() -> None:
    schema = json.loads((DOCS / "event.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(example("json")))


def test_the_receiver_in_python_works(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(example("python"), names)  # noqa: S102 - our own documentation
    receive: Callable[..., int] = names["receive"]
    seen: set[str] = set()
    assert [receive(SECRET, signed(), BODY, seen) for _ in range(2)] == [204, 204]
    assert receive(b"another", signed(), BODY, seen) == 401
    assert capsys.readouterr().out == "admit at Tür\n"


def test_the_receiver_in_node_works() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js")
    headers = signed()
    forged = headers | {"x-maskcheck-signature": headers["x-maskcheck-signature"][:-1] + "x"}
    old = headers | {"x-maskcheck-timestamp": "1000", "x-maskcheck-signature": signature(SECRET, 1000, BODY)}
    cases = [("secret", headers), ("another", headers), ("secret", forged), ("secret", old), ("secret", {})]
    script = (
        example("js")
        + f"""
        const body = Buffer.from({BODY.hex()!r}, "hex");
        const cases = {json.dumps(cases)};
        console.log(JSON.stringify(cases.map(([secret, headers]) => verify(secret, headers, body))));
        """
    )
    answer = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(answer.stdout) == [True, False, False, False, False]


def test_the_flow_hangs_together() -> None:
    nodes = {
        node["id"]: node for node in json.loads((DOCS / "node-red-flow.json").read_text(encoding="utf-8"))
    }
    names = {name: node["type"] for name, node in nodes.items()}
    ways = [
        (names[name], names[end])
        for name, node in nodes.items()
        for ends in node.get("wires", [])
        for end in ends
    ]
    assert ways == [
        ("mqtt in", "json"),
        ("json", "switch"),
        ("switch", "switch"),
        ("switch", "debug"),
        ("switch", "http request"),
        ("http request", "debug"),
    ]
    for node in nodes.values():
        assert node.get("z", "4d61736b00000001") in nodes
        assert len(node.get("wires", [])) == node.get("outputs", len(node.get("wires", [])))
    assert {node["broker"] for node in nodes.values() if node["type"] == "mqtt in"} <= set(nodes)
