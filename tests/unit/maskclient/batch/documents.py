"""What the function leaves in a bucket, as its contract says."""

from typing import Any

MODEL = {"name": "mask-classifier", "version": "1.2.0", "sha256": "a" * 64}
DETECTOR = {"name": "face-detector", "version": "1.0.0", "sha256": "b" * 64, "threshold": 0.6}


def source(key: str, version: str, member: str | None = None, bucket: str = "pictures") -> dict[str, Any]:
    return {"bucket": bucket, "key": key, "version": version, "member": member}


def face(verdict: str = "compliant", *, box: tuple[int, int, int, int] = (1, 2, 30, 40)) -> dict[str, Any]:
    result = {
        "label": "with_mask",
        "confidence": 0.97,
        "verdict": verdict,
        "reasons": [],
        "probabilities": {},
    }
    return {"box": list(box), "score": 0.75, "result": result}


def picture(
    key: str, version: str, *faces: dict[str, Any], member: str | None = None, bucket: str = "pictures"
) -> dict[str, Any]:
    return {
        "kind": "picture",
        "path": key.removeprefix("in/"),
        "source": source(key, version, member, bucket),
        "width": 640,
        "height": 480,
        "faces": list(faces),
        "error": None,
        "model": MODEL,
        "detector": DETECTOR,
    }


def failure(
    key: str, version: str, kind: str = "undecodable-image", *, member: str | None = None
) -> dict[str, Any]:
    error = {"type": kind, "detail": "This is no picture."}
    return {"kind": "failure", "source": source(key, version, member), "error": error, "receives": 1}


def archive(key: str, version: str, judged: int, failed: int) -> dict[str, Any]:
    counts = {"members": judged + failed, "judged": judged, "failed": failed, "skipped": 0}
    return {"kind": "archive", "source": source(key, version), **counts}
