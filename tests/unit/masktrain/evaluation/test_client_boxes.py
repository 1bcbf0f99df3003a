import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from masktrain.errors import DatasetError, MaskTrainError
from masktrain.evaluation.client_boxes import find_client_boxes, read_client_boxes

EXAMPLES = Path(__file__).parents[4] / "client" / "examples"

# Prints what `maskclient image --json` prints, and notes the pictures it was asked about.
CLIENT = """
import json, pathlib, sys
asked = pathlib.Path(sys.argv[1])
options, pictures = sys.argv[2:6], sys.argv[6:]
assert options == ["image", "--json", "--api", "local"], options
if pictures[0] == "--detector":
    asked.write_text(asked.read_text() + pictures[1] + "\\n")
    pictures = pictures[2:]
for path in pictures:
    with asked.open("a") as lines:
        lines.write(pathlib.Path(path).name + "\\n")
    broken = path.endswith("broken.jpg")
    faces = [] if broken else [{"box": [1, 2, 3, 4], "score": 0.9, "result": None}]
    error = "cut short" if broken else None
    print(json.dumps({"path": path, "width": 9, "height": 9, "faces": faces, "error": error}))
sys.exit(2 if any(path.endswith("broken.jpg") for path in pictures) else 1)
"""

Client = tuple[tuple[str, ...], Callable[[], list[str]]]


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A client's command, and what tells the pictures it was asked about since the last time."""
    script, asked = tmp_path / "client.py", tmp_path / "asked.txt"
    script.write_text(CLIENT)
    asked.touch()

    def take() -> list[str]:
        names = asked.read_text().split()
        asked.write_text("")
        return names

    return (sys.executable, str(script), str(asked)), take


def write_scenes(folder: Path, *names: str) -> None:
    rows = [f"{name},val,9,9,,,,,," for name in names]
    (folder / "scenes.csv").write_text(
        "\n".join(["path,split,width,height,label,x1,y1,x2,y2,ignore", *rows]) + "\n"
    )


def test_boxes_are_kept_by_path(tmp_path: Path, client: Client) -> None:
    command, asked = client
    write_scenes(tmp_path, "a.jpg", "b.jpg")
    out = tmp_path / "new" / "boxes.jsonl"
    assert find_client_boxes(tmp_path, out, ("val",), command=command) == 2
    assert read_client_boxes(out) == {"a.jpg": [(1.0, 2.0, 3.0, 4.0)], "b.jpg": [(1.0, 2.0, 3.0, 4.0)]}
    assert asked() == ["a.jpg", "b.jpg"]


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, client: Client) -> None:
    command, asked = client
    write_scenes(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    out = tmp_path / "boxes.jsonl"
    out.write_text('{"path": "a.jpg", "boxes": []}\n{"path": "b.jpg", "bo')
    assert find_client_boxes(tmp_path, out, ("val",), command=command) == 3
    assert asked() == ["b.jpg", "c.jpg"]
    assert read_client_boxes(out)["a.jpg"] == []
    assert find_client_boxes(tmp_path, out, ("val",), command=command) == 3
    assert asked() == []


def test_the_detector_is_passed_on(tmp_path: Path, client: Client) -> None:
    command, asked = client
    write_scenes(tmp_path, "a.jpg")
    find_client_boxes(tmp_path, tmp_path / "boxes.jsonl", ("val",), "yunet", command)
    assert asked() == ["yunet", "a.jpg"]


def test_a_failure_is_told_and_the_rest_is_kept(tmp_path: Path, client: Client) -> None:
    write_scenes(tmp_path, "a.jpg", "broken.jpg")
    out = tmp_path / "boxes.jsonl"
    with pytest.raises(MaskTrainError, match="exit code 2"):
        find_client_boxes(tmp_path, out, ("val",), command=client[0])
    assert list(read_client_boxes(out)) == ["a.jpg"]


def test_the_real_client_finds_a_face(tmp_path: Path) -> None:
    (tmp_path / "hopper.jpg").write_bytes((EXAMPLES / "hopper.jpg").read_bytes())
    write_scenes(tmp_path, "hopper.jpg")
    out = tmp_path / "boxes.jsonl"
    assert find_client_boxes(tmp_path, out, ("val",)) == 1
    (x1, y1, x2, y2), *_ = read_client_boxes(out)["hopper.jpg"]
    box = json.loads((EXAMPLES / "faces.json").read_text())["hopper.jpg"][0]["box"]
    assert x1 < (box[0] + box[2]) / 2 < x2
    assert y1 < (box[1] + box[3]) / 2 < y2


@pytest.mark.parametrize("line", ["[1]", '{"path": "a"}', '{"path": "a", "boxes": [[1, 2]]}', "no"])
def test_other_files_are_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "boxes.jsonl").write_text(line + "\n")
    with pytest.raises(DatasetError, match="line 1: not what the command client-boxes writes"):
        read_client_boxes(tmp_path / "boxes.jsonl")


def test_a_missing_file_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Make it with the command client-boxes"):
        read_client_boxes(tmp_path / "boxes.jsonl")
