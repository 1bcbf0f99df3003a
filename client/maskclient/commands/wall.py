"""``maskclient wall``: shows all cameras on a page, to any number of viewers."""

import argparse
import time
from contextlib import ExitStack

from rich.console import Console

from maskclient.alerts.listening import AlertListener
from maskclient.alerts.rules import AlertRules
from maskclient.camera.grabber import Grabber
from maskclient.camera.sources import Source, parse_source
from maskclient.camera.watching import Watch
from maskclient.commands.asking import open_courier
from maskclient.commands.camera import split_name
from maskclient.commands.cameraoptions import (
    add_alert_options,
    add_config_option,
    add_interval_option,
    add_picture_options,
    add_sources,
    add_switch,
)
from maskclient.commands.connection import (
    add_api_options,
    add_detector_option,
    messages_console,
)
from maskclient.commands.exitcodes import ALL_WELL
from maskclient.commands.sinks import open_sinks
from maskclient.commands.termination import end_on_termination
from maskclient.detectors import open_detector
from maskclient.errors import ConfigurationInvalid, MaskClientError
from maskclient.show.status import Status
from maskclient.wall.app import create_app
from maskclient.wall.cameras import Cameras, HubListener
from maskclient.wall.hub import Hub, WallFull
from maskclient.wall.server import WallServer
from maskclient.wall.tokens import checked_token

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8090
_TICK = 0.2
_MOST_PORT = 65535

_EPILOG = f"""\
examples:
  maskclient wall                                     the first webcam, at http://{DEFAULT_HOST}:{DEFAULT_PORT}/
  maskclient wall hall=0 gate=rtsp://user:password@10.0.0.7/1
  MASKCHECK_TOKEN=… maskclient wall 0 --host 0.0.0.0  for other computers too
  maskclient wall --no-cameras                        only what other computers publish

other computers:
  What viewers and publishers get and send is not encrypted. Where others listen in, put a proxy that
  speaks TLS before the wall; it has to pass the header Host on.

settings:
  As of "maskclient camera": every option can stand in maskclient.toml below [wall] and in the
  environment. The token and passwords belong into the environment (MASKCHECK_TOKEN): other users of
  this computer see the command line.

exit status:
  0  ended by the person or by --duration
  2  the API was not reached at the start, nobody can listen there, or wrong options
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "wall",
        help="show all cameras live on a web page",
        description=(
            "Watch cameras and serve a page that shows them all, with counters and events. "
            "Cameras can be added and removed there, and other computers can publish theirs. "
            "Webhook, MQTT and sound tell of this computer's cameras; others have their own."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # --config is looked for before, as it is written
    )
    add_sources(parser)
    add_switch(parser, "--cameras", "begin with the sources, or without any camera", default=True)
    _add_server_options(parser)
    add_picture_options(parser)
    add_detector_option(parser)
    add_api_options(parser)
    add_interval_option(parser)
    add_alert_options(parser)
    add_config_option(parser)
    parser.set_defaults(run=run)


def _add_server_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host",
        default=DEFAULT_HOST,
        metavar="ADDRESS",
        help="where to listen (default: %(default)s, which this computer alone reaches)",
    )
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, metavar="N", help="default: %(default)s; 0: any"
    )
    parser.add_argument("--token", metavar="TOKEN", help="what viewers and publishers must know")


def run(options: argparse.Namespace) -> int:
    """Show cameras; see ``maskclient wall --help``."""
    end_on_termination()
    with ExitStack() as stack:
        return _Session(options, stack, messages_console()).run()


class _Session:
    """Everything that one run of the command holds open."""

    def __init__(self, options: argparse.Namespace, stack: ExitStack, console: Console) -> None:
        self._options = options
        self._console = console
        self._ends = time.monotonic() + options.duration if options.duration else float("inf")
        self._told: dict[str, str] = {}
        try:
            token = checked_token(options.host, options.token)
        except ValueError as error:
            raise ConfigurationInvalid(str(error)) from error
        self._hub = Hub()
        self._sinks = open_sinks(options, [], stack, self._tell)
        self._cameras = Cameras(self._hub, self._parse, self._open_watch, self._sinks.remove)
        app = create_app(self._hub, self._cameras, token, options.host)
        self._server = WallServer(app, options.host, options.port)
        stack.callback(self._server.close)
        self._courier, self._model = open_courier(options, console, stack)
        stack.callback(self._cameras.close)
        for text in options.sources if options.cameras else []:
            self._add(text)
        stack.enter_context(self._server)
        self._tell(f"The wall is at {self._server.url}")

    def run(self) -> int:
        """Show until all is over, and return the exit code."""
        try:
            while self._server.alive and time.monotonic() < self._ends:
                self._look()
                time.sleep(_TICK)
        except KeyboardInterrupt:  # how one ends it in a terminal
            return ALL_WELL
        if not self._server.alive:
            raise MaskClientError("The wall's web server has stopped. Start the wall again.")
        return ALL_WELL

    def _look(self) -> None:
        problems = self._cameras.look()
        for name, problem in problems.items():
            if self._told.get(name) != problem:
                self._tell(problem)
        self._told = problems  # one that recovered and breaks again is told again

    def _add(self, text: str) -> None:
        name, source = split_name(text)
        try:
            self._cameras.add(source, name)
        except (WallFull, ValueError) as error:
            raise MaskClientError(str(error)) from error

    def _parse(self, text: str) -> Source:
        return parse_source(text, self._options.size, self._options.fps)

    def _open_watch(self, source: Source, name: str) -> Watch:
        options = self._options
        detector = open_detector(options.detector, options.detector_model)
        # Rules of its own, so that a camera that takes the name later begins anew.
        alerts = AlertListener(
            AlertRules(options.alert_after, options.admit_after),
            [lambda event: self._hub.event(event.to_json()), self._sinks.send],
            self._sinks.tell_state,
            lambda: self._status().model,
        )
        self._sinks.add(name)
        return Watch(
            [source],
            [name],
            [detector],
            self._courier,
            self._model,
            [alerts, HubListener(self._hub, self._status)],
            grab=self._grab,
            interval=options.interval,
        )

    def _grab(self, source: Source) -> Grabber:
        options = self._options
        return Grabber(source, flip=options.flip, size=options.size, fps=options.fps)

    def _status(self) -> Status:
        return Status.of(self._courier.traffic, self._courier.problem, self._model.version)

    def _tell(self, message: str) -> None:
        self._console.print(f"maskclient: {message}", markup=False)


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= _MOST_PORT:
        raise argparse.ArgumentTypeError(f"must be 0 to {_MOST_PORT}, not {text}")
    return value
