"""The command line, and the one place that turns errors into exit codes."""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from maskclient.commands import batch, camera, capture, detector, doctor, image, wall
from maskclient.commands.connection import messages_console
from maskclient.commands.exitcodes import FAILURE, INTERRUPTED, READER_GONE
from maskclient.errors import MaskClientError
from maskclient.settings import apply_settings, settings_file
from maskclient.version import __version__

COMMANDS = (image, batch, camera, wall, capture, doctor, detector)
SETTABLE = ("camera", "wall")
"""The commands whose options may stand in the settings file and in the environment."""


def build_parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of the command line, with the defaults that are set for it.

    Parameters
    ----------
    arguments : sequence of str
        The command line, looked through for ``--config``.

    Raises
    ------
    ConfigurationInvalid
        If the settings file or the environment hold what cannot be used.
    """
    parser = argparse.ArgumentParser(
        prog="maskclient", description="Tell whether people wear a face mask, wear it badly, or wear none."
    )
    parser.add_argument("--version", action="version", version=f"maskclient {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    if arguments and arguments[0] in SETTABLE:
        before = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        before.add_argument("--config", type=Path)
        named = before.parse_known_args(arguments)[0].config
        file = settings_file(named, Path.cwd())
        if file is not None:  # it may have come with a folder, and can say where pictures of faces go
            messages_console().print(f"maskclient: settings are read from {file}", markup=False)
        apply_settings(commands.choices[arguments[0]], arguments[0], os.environ, file)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a file name need not fit the terminal's encoding
    try:
        options = build_parser(given).parse_args(given)
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _give_up_stdout()
        return READER_GONE
    except MaskClientError as error:
        messages_console().print(f"maskclient: {error}", markup=False)
        return FAILURE
    except OSError as error:  # a full disk, usually
        _give_up_stdout()
        messages_console().print(f"maskclient: {error}", markup=False)
        return FAILURE
    except Exception:  # a fault of this program; Python's own exit code for it would say "violation"
        traceback.print_exc()
        return FAILURE
    return code


def _give_up_stdout() -> None:
    """Keep Python, which flushes once more at its end, from failing again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
