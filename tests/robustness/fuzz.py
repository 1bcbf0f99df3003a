"""Sends broken pictures through the function: ``python -m tests.robustness.fuzz --inputs 100000``.

Our own mutations and not atheris: the decoders are C libraries inside Pillow's wheel, which no coverage
guides through, and with a seed every failure can be made again by its number. What the sources of a
picture's format say is worth breaking (chunks, checksums, sizes) is broken on purpose.

Each worker is a process of its own, so that a crash of a decoder is seen and counted, and its memory is
its own. A failing input is kept in ``build/fuzz``.
"""

import argparse
import json
import multiprocessing
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

from maskservice.app import create_app
from maskservice.classifier import load_classifier
from maskservice.gateway import LambdaHandler
from maskservice.modelstore import read_model
from maskservice.settings import Settings
from maskservice.telemetry import configure_logging
from tests.callers import event_loop, lambda_context, multipart, rest_event
from tests.memory import peak_mb
from tests.robustness.corpus import corpus
from tests.robustness.mutation import mutate

Current: TypeAlias = "Synchronized[int]"
Pipe: TypeAlias = "multiprocessing.Queue[Findings]"

KEPT = Path("build/fuzz")
SLOWEST_S = 2.0
MEMORY_MB = 512.0
_BESIDE_A_GOOD_ONE = 5  # every so many inputs travel in a form beside a sound crop


@dataclass
class Findings:
    """What a run has seen.

    Attributes
    ----------
    inputs : int
        How many were sent.
    answers : Counter
        By status, or by the type of the crop's error.
    slowest_s, slowest : float, int
        The longest request, and the number of its input.
    memory_mb : float
        By how much the largest worker grew beyond its start, at its highest.
    failures : list of str
        Everything that must not happen.
    """

    inputs: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slowest: int = -1
    memory_mb: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Findings") -> None:
        """Take in what another worker has seen."""
        self.inputs += other.inputs
        self.answers += other.answers
        if other.slowest_s > self.slowest_s:
            self.slowest_s, self.slowest = other.slowest_s, other.slowest
        self.memory_mb = max(self.memory_mb, other.memory_mb)
        self.failures += other.failures


class Target:
    """The function, called as Lambda calls it."""

    def __init__(self) -> None:
        settings = Settings.from_environment({"MASKCHECK_LOG_LEVEL": "ERROR"})
        configure_logging(settings.log_level)
        app = create_app(settings, load_classifier(read_model(settings.model_path)))
        self._handler = LambdaHandler(app)
        self._pictures = list(corpus().values())
        self._good = self._pictures[-1]

    def send(self, seed: int, index: int, findings: Findings) -> None:
        """Send one input and note what came back."""
        data = mutate(self._pictures, seed, index)
        beside = index % _BESIDE_A_GOOD_ONE == 0
        body = multipart([("good", self._good), ("bad", data)]) if beside else (data, "image/jpeg")
        started = perf_counter()
        response = self._handler(rest_event("POST", "/v1/classify", *body), lambda_context())
        spent = perf_counter() - started
        findings.inputs += 1
        if spent > findings.slowest_s:
            findings.slowest_s, findings.slowest = spent, index
        fault = self._fault(response, findings, beside=beside)
        if spent > SLOWEST_S:
            fault = f"took {spent:.2f} s"
        if fault:
            findings.failures.append(f"input {index}: {fault}")
            keep(data, seed, index)

    @staticmethod
    def _fault(response: dict[str, object], findings: Findings, *, beside: bool) -> str | None:
        status = response["statusCode"]
        if status not in ((200,) if beside else (200, 400, 422)):
            return f"answered with {status}: {response['body']}"
        results = json.loads(str(response["body"])).get("results", ())
        if beside and (len(results) != 2 or "error" in results[0]):
            return "cost a good crop its answer"
        failed = results and "error" in results[-1]
        findings.answers[results[-1]["error"]["type"] if failed else str(status)] += 1
        return None


def keep(data: bytes, seed: int, index: int) -> None:
    """Keep an input that failed."""
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{seed}-{index}.bin").write_bytes(data)


def run(seed: int, indices: Sequence[int], current: "Current | None" = None) -> Findings:
    """Send inputs one after the other in this process."""
    findings = Findings()
    with event_loop(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of much that is broken
        target = Target()
        before = peak_mb()
        for index in indices:
            if current is not None:
                current.value = index
            target.send(seed, index, findings)
        findings.memory_mb = peak_mb() - before
    if findings.memory_mb > MEMORY_MB:
        findings.failures.append(f"needed {findings.memory_mb:.0f} MB")
    return findings


def _work(seed: int, indices: Sequence[int], current: Current, pipe: Pipe) -> None:
    pipe.put(run(seed, indices, current))


def run_apart(seed: int, inputs: int, workers: int) -> Findings:
    """Share the inputs among worker processes, and notice when one dies."""
    context = multiprocessing.get_context("spawn")
    found = Findings()
    started = []
    for number in range(workers):
        current = context.Value("q", -1)
        pipe = context.Queue()
        process = context.Process(target=_work, args=(seed, range(number, inputs, workers), current, pipe))
        process.start()
        started.append((process, current, pipe))
    for process, current, pipe in started:
        while process.is_alive() and pipe.empty():
            process.join(0.2)
        if pipe.empty():
            found.failures.append(f"input {current.value}: the process died with {process.exitcode}")
            keep(mutate(list(corpus().values()), seed, current.value), seed, current.value)
        else:
            found.add(pipe.get())
        process.join()
    return found


def main() -> int:
    """Fuzz, print what was seen; return 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    started = perf_counter()
    found = run_apart(told.seed, told.inputs, told.workers)
    spent = perf_counter() - started
    print(f"{found.inputs} inputs, seed {told.seed}, {spent:.0f} s, {found.inputs / spent:.0f} a second")
    print("answers: " + ", ".join(f"{name} {count}" for name, count in found.answers.most_common()))
    print(f"slowest: {found.slowest_s:.3f} s (input {found.slowest}); at most {SLOWEST_S:g} s")
    print(f"memory: {found.memory_mb:.0f} MB more than before; at most {MEMORY_MB:g} MB")
    for failure in found.failures:
        print(f"FAILED {failure}", file=sys.stderr)
    return 1 if found.failures else 0


if __name__ == "__main__":
    sys.exit(main())
