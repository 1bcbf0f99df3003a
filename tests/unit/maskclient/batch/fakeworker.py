"""Plays a worker of the function, asked as `python fakeworker.py --in DIR --out DIR`.

What a file holds says what becomes of it: the verdict of its one face, `none` for no face, `broken` for a
failure, `members` for an archive of two, `full` for a disk without room, `mad` for a line that is no answer.
On `die` the worker ends; on `die-once` only the first that gets it does.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

MODEL = {"name": "fake", "version": os.environ.get("FAKE_MODEL", "1.0.0"), "sha256": "0" * 64}
THRESHOLD = float(os.environ.get("FAKE_THRESHOLD", "0.5"))
DETECTOR = {"name": "finder", "version": "1.0.0", "sha256": "1" * 64, "threshold": THRESHOLD}
CROPS = "--crops" in sys.argv
FAILURES = ("broken",)


def document(path: str, version: str, member: str | None, says: str) -> dict[str, object]:
    source = {"bucket": "local", "key": path, "version": version, "member": member}
    if says in FAILURES:
        return {"kind": "failure", "source": source, "error": {"type": "undecodable-image", "detail": "no"}}
    result = {"verdict": says, "label": "with_mask", "confidence": 0.9, "reasons": ["made-up"]}
    faces = [] if says == "none" else [{"box": [1, 2, 3, 4], "score": 0.5, "result": result}]
    return {
        "kind": "picture",
        "source": source,
        "width": 8,
        "height": 9,
        "faces": faces,
        "error": None,
        "model": MODEL,
        "detector": None if CROPS else DETECTOR,
    }


def write(place: Path, content: dict[str, object]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():  # what is answered stays so
        place.write_text(json.dumps(content))


def answer(path: str, inputs: Path, out: Path) -> dict[str, object]:
    says = (inputs / path).read_text()
    version = hashlib.sha256(says.encode()).hexdigest()[:32]
    if says == "full":
        return {"path": path, "done": False, "error": "No space left on device"}
    if says == "members":
        for number, verdict in enumerate(("compliant", "broken")):
            form = "failed" if verdict in FAILURES else "out"
            place = out / form / path / version / f"m{number}.jpg.json"
            write(place, document(path, version, f"m{number}.jpg", verdict))
        source = {"bucket": "local", "key": path, "version": version, "member": None}
        whole = {"kind": "archive", "source": source, "members": 2, "judged": 1, "failed": 1, "skipped": 0}
        write(out / "out" / path / f"{version}.json", whole)
        return {"path": path, "done": True}
    form = "failed" if says in FAILURES else "out"
    write(out / form / path / f"{version}.json", document(path, version, None, says))
    return {"path": path, "done": True}


def main() -> None:
    places = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=False))
    inputs, out = Path(places["--in"]), Path(places["--out"])
    if os.environ.get("FAKE_START") == "fails":
        sys.exit("the model is missing")
    print(json.dumps({"ready": True, "model": MODEL, "detector": DETECTOR}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        path = request["path"]
        says = (inputs / path).read_text()
        with (out / "asked").open("a") as asked:
            asked.write(f"{os.getpid()} {path} {request['receives']}\n")
        if says == "die-once" and not (out / "died").exists():
            (out / "died").touch()
            os._exit(3)
        if says == "die":
            os.abort()
        if says == "mad":
            print("this is no answer", flush=True)
        elif says == "die-once":
            (inputs / path).write_text("compliant")
            print(json.dumps(answer(path, inputs, out)), flush=True)
        else:
            print(json.dumps(answer(path, inputs, out)), flush=True)


if __name__ == "__main__":
    main()
