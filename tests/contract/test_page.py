"""What the try-it page's files promise: to browsers, and to those who install what it needs."""

import json
import re
from typing import Any

import pytest

from maskinfra import layout
from maskservice.website import POLICY

META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


@pytest.fixture(scope="module")
def lock() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((layout.WEB / "package-lock.json").read_text())
    return told


def test_page_and_server_tell_the_same_policy() -> None:
    assert META.findall((layout.WEB / "index.html").read_text()) == [POLICY]


def test_the_policy_allows_no_other_server_and_no_code_in_the_page() -> None:
    assert "http" not in POLICY
    assert "*" not in POLICY
    assert "'unsafe-inline'" not in POLICY
    assert "'unsafe-eval'" not in POLICY


def test_packages_are_pinned_to_the_bit_and_to_no_registry(lock: dict[str, Any]) -> None:
    packages = {name: told for name, told in lock["packages"].items() if name}
    assert len(packages) > 3
    for name, told in packages.items():
        assert re.fullmatch(r"sha512-[\w+/]{86}==", told["integrity"]), name
    assert "http" not in json.dumps(lock)
    assert "resolved" not in json.dumps(lock)


def test_the_lock_is_of_what_is_asked_for(lock: dict[str, Any]) -> None:
    asked = json.loads((layout.WEB / "package.json").read_text())
    for kind in ("dependencies", "devDependencies"):
        assert lock["packages"][""][kind] == asked[kind]
        for name, version in asked[kind].items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
            assert lock["packages"][f"node_modules/{name}"]["version"] == version
