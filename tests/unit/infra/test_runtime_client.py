import pytest

from maskinfra import layout
from maskinfra.errors import SetupError
from maskinfra.runtime_client import PACKAGES, _pins

LOCK = """\
awslambdaric==4.2.2 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via maskcheck (pyproject.toml)
awscrt==0.38.0 \\
    --hash=sha256:cc
simplejson==3.0.0 ; python_full_version < '3.12' \\
    --hash=sha256:dd
simplejson==4.3.0 ; python_full_version >= '3.12' \\
    --hash=sha256:ee
snapshot-restore-py==1.0.0 \\
    --hash=sha256:ff
"""
for name in PACKAGES[3:]:
    LOCK += f"{name}==1.0 \\\n    --hash=sha256:gg\n"


def test_only_the_clients_pins_are_cut_out() -> None:
    lines = _pins(LOCK).splitlines()
    assert [line.split("==")[0] for line in lines if not line.startswith(" ")] == [
        "awslambdaric",
        "simplejson",
        "simplejson",
        "snapshot-restore-py",
        *PACKAGES[3:],
    ]
    assert [line.strip(" \\")[-2:] for line in lines if "--hash" in line] == [
        *["aa", "bb", "dd", "ee", "ff"],
        *["gg"] * len(PACKAGES[3:]),
    ]


def test_the_lock_of_the_tests_pins_the_client() -> None:
    pins = _pins(layout.TEST_REQUIREMENTS.read_text())
    for name in PACKAGES:
        assert f"{name}==" in pins


def test_a_missing_pin_is_told() -> None:
    with pytest.raises(SetupError, match=r"lacks boto3, .*, simplejson, .*: run `make lock`"):
        _pins("awslambdaric==4.2.2 \\\n    --hash=sha256:aa\n")
