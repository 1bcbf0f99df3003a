"""Load for a while, good and bad requests mixed: ``python -m tests.robustness.soak --requests 10000``.

Everything stays on loopback. The server is one process; what is resident of it is read between the
requests. Before that it is warmed up: its heap, and the arena of ONNX Runtime, grow until they fit the
largest requests on all connections at once, and keep that size.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from statistics import median
from threading import Lock
from time import perf_counter

import httpx

from tests import pictures
from tests.callers import base64_json, multipart
from tests.robustness.corpus import corpus
from tests.robustness.mutation import mutate
from tests.robustness.server import Server, running

GROWTH_MB = 5.0
CONNECTIONS = 4
_WARM_UP = 40  # times the largest request, on every connection
_SAMPLES = 9  # of memory at either end
_EVERY = 20  # requests between two samples


@dataclass(frozen=True)
class Sent:
    """A request and the status that it must get.

    Attributes
    ----------
    body, content_type : bytes, str
        What is sent.
    statuses : tuple of int
        What may come back.
    crops : int
        How many results a good answer has.
    """

    body: bytes
    content_type: str
    statuses: tuple[int, ...] = (200,)
    crops: int = 0


@dataclass
class Seen:
    """What a run has seen.

    Attributes
    ----------
    statuses : Counter of int
        Of the answers.
    memory_mb : list of float
        Resident memory, in the order of time.
    times_s : list of float
        Of each request.
    failures : list of str
        Everything that must not happen.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    memory_mb: list[float] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def growth_mb(self) -> float:
        """How much more is resident at the end than at the start."""
        return median(self.memory_mb[-_SAMPLES:]) - median(self.memory_mb[:_SAMPLES])


def mixture() -> list[Sent]:
    """Return what is sent, in equal shares: eight good kinds and eight bad ones."""
    sound = list(corpus().values())
    crops = [pictures.jpeg(180, 180, seed) for seed in range(16)]
    broken = [mutate(sound, 0, index) for index in range(40)]
    good = [
        *(Sent(crop, "image/jpeg", crops=1) for crop in crops[:3]),
        Sent(*multipart([(None, crop) for crop in crops]), crops=16),
        Sent(*multipart([(None, crop) for crop in crops[:8]]), crops=8),
        Sent(*base64_json(crops[:2]), crops=2),
        Sent(*multipart([("a", crops[0]), ("b", b"broken"), ("c", crops[1])]), crops=3),
        Sent(pictures.encode(pictures.scene(1500, 1000), quality=60), "image/jpeg", crops=1),
    ]
    bad = [
        Sent(b"", "image/jpeg", (400,)),
        Sent(b"text", "image/jpeg", (422,)),
        Sent(crops[0], "text/plain", (415,)),
        Sent(b"x" * 4_100_000, "image/jpeg", (413,)),
        Sent(b'{"crops": 3}', "application/json", (400,)),
        Sent(crops[0], "multipart/form-data; boundary=b", (400,)),
        Sent(*multipart([(None, crops[0])] * 17), (400,)),
        Sent(pictures.png_header(50_000, 50_000), "image/png", (422,)),
        *(Sent(data, "image/jpeg", (200, 422)) for data in broken),
    ]
    return good * 6 + bad


def run(server: Server, requests: int, connections: int = CONNECTIONS, seed: int = 0) -> Seen:
    """Warm a server up, and send requests over several connections at once."""
    largest = [max(mixture(), key=lambda sent: sent.crops)] * _WARM_UP
    _share(server, [[*largest, *mixture(), *largest]] * connections, Seen())
    seen = Seen()
    order = Random(seed).choices(mixture(), k=requests)
    _share(server, [order[number::connections] for number in range(connections)], seen)
    return seen


def _share(server: Server, shares: Sequence[Sequence[Sent]], seen: Seen) -> None:
    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(lambda share: _send_all(server, share, seen), shares))


def _send_all(server: Server, requests: Sequence[Sent], seen: Seen) -> None:
    with httpx.Client(base_url=server.address, timeout=30) as client:
        for number, sent in enumerate(requests):
            started = perf_counter()
            try:
                answer = client.post(
                    "/v1/classify", content=sent.body, headers={"content-type": sent.content_type}
                )
            except httpx.HTTPError as error:
                with seen.lock:
                    seen.failures.append(f"{sent.content_type}: {error!r}")
                continue
            spent = perf_counter() - started
            with seen.lock:
                seen.times_s.append(spent)
                seen.statuses[answer.status_code] += 1
                if answer.status_code not in sent.statuses:
                    seen.failures.append(f"{sent.content_type}: {answer.status_code} {answer.text[:200]}")
                elif sent.crops and len(answer.json()["results"]) != sent.crops:
                    seen.failures.append(f"{sent.content_type}: not {sent.crops} results")
                if number % _EVERY == 0:
                    seen.memory_mb.append(server.memory_mb())


def main() -> int:
    """Load, print what was seen; return 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    told = parser.parse_args()
    with running() as server:
        started = perf_counter()
        seen = run(server, told.requests, told.connections)
        spent = perf_counter() - started
    times = sorted(seen.times_s)
    print(f"{len(times)} answers in {spent:.0f} s over {told.connections} connections: {dict(seen.statuses)}")
    slow = times[len(times) * 99 // 100]
    print(f"time: median {median(times):.3f} s, 99 % {slow:.3f} s, slowest {times[-1]:.3f} s")
    print(
        f"memory: {seen.memory_mb[-1]:.0f} MB at the end, {seen.growth_mb:+.1f} MB since the warm-up; "
        f"at most {GROWTH_MB:g} MB"
    )
    if seen.growth_mb > GROWTH_MB:
        seen.failures.append("memory grew")
    for failure in seen.failures[:20]:
        print(f"FAILED {failure}", file=sys.stderr)
    return 1 if seen.failures else 0


if __name__ == "__main__":
    sys.exit(main())
