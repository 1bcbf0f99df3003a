"""``maskclient camera``: watches one or more cameras."""

import argparse
import re
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from maskclient.alerts.listening import AlertListener
from maskclient.alerts.rules import AlertRules
from maskclient.camera.grabber import Grabber
from maskclient.camera.sources import Source, parse_source
from maskclient.camera.watching import Watch, distinct
from maskclient.camera.worker import Listener
from maskclient.commands.asking import open_courier
from maskclient.commands.cameraoptions import EPILOG, add_options
from maskclient.commands.connection import messages_console
from maskclient.commands.exitcodes import ALL_WELL
from maskclient.commands.sinks import open_sinks
from maskclient.commands.termination import end_on_termination
from maskclient.detectors import open_detector
from maskclient.errors import ConfigurationInvalid
from maskclient.show.lines import JsonLines
from maskclient.show.listeners import Newest, Recorder
from maskclient.show.status import Status
from maskclient.wall.publishing import Publisher

if TYPE_CHECKING:
    from maskclient.show.window import CameraWindow

_TICK = 0.05


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "camera",
        help="watch cameras, streams or videos",
        description=(
            "Find faces, follow them, and show a steady verdict for each. "
            "Only face crops are sent to the API."
        ),
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # --config is looked for before, as it is written
    )
    add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Watch cameras; see ``maskclient camera --help``."""
    end_on_termination()
    given = [split_name(text) for text in options.sources]
    sources = [parse_source(text, options.size, options.fps) for _, text in given]
    names = distinct([name or source.name for (name, _), source in zip(given, sources, strict=True)])
    with ExitStack() as stack:
        return _Session(options, sources, names, stack, messages_console()).run()


def split_name(text: str) -> tuple[str | None, str]:
    """Return the name that stands before a source, as in ``front door=0``, and the source."""
    match = re.fullmatch(r"([^=:/?\\]+)=(.+)", text)
    return (match[1].strip() or None, match[2]) if match and not Path(text).exists() else (None, text)


class _Session:
    """Everything that one run of the command holds open."""

    def __init__(
        self,
        options: argparse.Namespace,
        sources: Sequence[Source],
        names: Sequence[str],
        stack: ExitStack,
        console: Console,
    ) -> None:
        self._options = options
        self._console = console
        self._lines = JsonLines(lambda line: print(line, flush=True))
        self._ends = time.monotonic() + options.duration if options.duration else float("inf")
        self._told: dict[str, str] = {}
        detectors = [open_detector(options.detector, options.detector_model) for _ in sources]
        self._courier, model = open_courier(options, console, stack)
        self._model = model.version
        self._newest = Newest(names)
        listeners = list(self._listeners(stack, names))
        self._watch = Watch(
            sources,
            names,
            detectors,
            self._courier,
            model,
            listeners,
            grab=self._grab,
            interval=options.interval,
        )
        self._window = None if options.headless else self._open_window()
        stack.enter_context(self._watch)

    def run(self) -> int:
        """Watch until all is over, and return the exit code."""
        try:
            if self._window is not None:
                self._window.run()
            else:
                while self._goes_on():
                    time.sleep(_TICK)
        except KeyboardInterrupt:  # how one ends it in a terminal
            pass
        finally:
            ended_by_itself = not self._watch.alive
            self._watch.close()
            if self._options.stats:
                self._tell_summary()
        self._watch.check(ended_by_itself=ended_by_itself)
        return ALL_WELL

    def _goes_on(self) -> bool:
        if self._options.headless:
            self._lines.service(self._courier.problem)
        problems = self._watch.problems()
        for name, problem in problems.items():
            if self._told.get(name) != problem:
                self._tell(problem)
        self._told = problems  # one that recovered and breaks again is told again
        return self._watch.alive and time.monotonic() < self._ends

    def _grab(self, source: Source) -> Grabber:
        options = self._options
        return Grabber(source, flip=options.flip, size=options.size, fps=options.fps)

    def _open_window(self) -> "CameraWindow":
        from maskclient.show.window import CameraWindow  # needs Tk, which a server may not have

        return CameraWindow(
            self._newest.views, self._status, self._goes_on, self._options.snapshots, self._problems
        )

    def _listeners(self, stack: ExitStack, names: Sequence[str]) -> Iterable[Listener]:
        options = self._options
        sinks = open_sinks(options, names, stack, self._tell)
        send = [sinks.send]
        if options.headless:
            send.append(self._lines.event)
            yield self._lines
        if options.publish:
            publisher = self._open_publisher(stack)
            send.append(publisher.event)
            yield publisher
        rules = AlertRules(options.alert_after, options.admit_after)
        yield AlertListener(rules, send, sinks.tell_state, lambda: self._status().model)
        if options.record is not None:
            recorder = Recorder(options.record, names, self._status, self._tell)
            stack.callback(recorder.close)
            yield recorder
        yield self._newest

    def _open_publisher(self, stack: ExitStack) -> Publisher:
        try:
            publisher = Publisher(self._options.publish, self._options.token, self._status, self._tell)
        except ValueError as error:
            raise ConfigurationInvalid(str(error)) from error
        stack.callback(publisher.close)
        return publisher

    def _status(self) -> Status:
        return Status.of(self._courier.traffic, self._courier.problem, self._model)

    def _problems(self) -> str:
        return "\n".join(self._watch.problems().values()) or "Opening the camera"

    def _tell(self, message: str) -> None:
        self._console.print(f"maskclient: {message}", markup=False)

    def _tell_summary(self) -> None:
        summary = self._watch.summary()
        if self._options.headless:
            self._lines.summary(summary.to_json())
        else:
            sys.stdout.write(f"{summary}\n")
