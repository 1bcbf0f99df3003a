"""Asks the client where it finds faces in whole photographs, as a person at a PC would."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from masktrain.dataset.samples import Split
from masktrain.dataset.scenes import scene_paths
from masktrain.errors import DatasetError, MaskTrainError
from masktrain.geometry import Box

COMMAND = (sys.executable, "-m", "maskclient")
_PICTURES_PER_RUN = 100
_VIOLATION = 1  # the client's exit code where a face wears no mask: all went well
_FOUND = (0, _VIOLATION)


def find_client_boxes(
    data: Path,
    out: Path,
    splits: Sequence[Split],
    detector: str | None = None,
    command: Sequence[str] = COMMAND,
) -> int:
    """Run the client over the photographs of ``scenes.csv`` and keep the boxes it finds.

    Photographs that the file already holds are not looked at again, so a run that was interrupted
    goes on where it stopped. The client judges the faces, too, with the function on this
    computer; those answers are not kept.

    Parameters
    ----------
    data : Path
        Folder with ``scenes.csv``.
    out : Path
        JSON lines: ``{"path": relative to data, "boxes": [[x1, y1, x2, y2], ...]}``.
    splits : sequence of str
        Which photographs to look at.
    detector : str, optional
        One that ``maskclient image --detector`` names; its default otherwise.
    command : sequence of str
        The client.

    Returns
    -------
    int
        How many photographs the file now holds.

    Raises
    ------
    MaskTrainError
        If the client fails; what it says has then been shown.
    """
    known = read_client_boxes(out) if out.is_file() else {}
    out.parent.mkdir(parents=True, exist_ok=True)
    _rewrite(out, known)
    missing = [path for path in scene_paths(data, splits) if path not in known]
    options = ["--detector", detector] if detector else []
    with out.open("a", encoding="utf-8") as lines, Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("Client", total=len(missing))
        for start in range(0, len(missing), _PICTURES_PER_RUN):
            batch = missing[start : start + _PICTURES_PER_RUN]
            pictures = [str(data / path) for path in batch]
            run = [*command, "image", "--json", "--api", "local", *options, *pictures]
            for path, boxes in _answers(run, dict(zip(pictures, batch, strict=True))):
                lines.write(_line(path, boxes))
                lines.flush()
                known[path] = boxes
                progress.advance(task)
    return len(known)


def read_client_boxes(file: Path) -> dict[str, list[Box]]:
    """Read what `find_client_boxes` wrote; a last line that was cut off is left out.

    Raises
    ------
    DatasetError
        If the file is missing or is not such a file.
    """
    if not file.is_file():
        raise DatasetError(f"There is no {file}. Make it with the command client-boxes.")
    found: dict[str, list[Box]] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(keepends=True), 1):
        if not line.endswith("\n"):
            break
        try:
            document = json.loads(line)
            found[document["path"]] = [_box(values) for values in document["boxes"]]
        except (ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"{file}, line {number}: not what the command client-boxes writes.") from error
    return found


def _answers(run: list[str], paths: dict[str, str]) -> Iterator[tuple[str, list[Box]]]:
    """Run the client once and yield its finds as it tells them, by path in the data folder."""
    # The command is this very Python with the client, or one the caller named; no shell reads it.
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True, encoding="utf-8") as client:  # noqa: S603
        if client.stdout is None:
            raise MaskTrainError("The client's output cannot be read.")
        for line in client.stdout:
            report = json.loads(line)
            if report["error"] is None:
                yield paths[report["path"]], [_box(face["box"]) for face in report["faces"]]
        code = client.wait()
    if code not in _FOUND:
        raise MaskTrainError(
            f"The client ended with exit code {code}; what it said stands above. What it found so far is "
            "kept: run the same command again to go on."
        )


def _box(values: Sequence[float]) -> Box:
    x1, y1, x2, y2 = (float(value) for value in values)
    return (x1, y1, x2, y2)


def _line(path: str, boxes: list[Box]) -> str:
    return json.dumps({"path": path, "boxes": boxes}) + "\n"


def _rewrite(out: Path, known: dict[str, list[Box]]) -> None:
    """Write the whole lines alone, so that the next one starts on a line of its own."""
    temporary = out.with_name(f".{out.name}.tmp")
    temporary.write_text("".join(_line(path, boxes) for path, boxes in known.items()), encoding="utf-8")
    temporary.replace(out)
