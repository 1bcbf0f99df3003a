"""Where a command's options come from: the command line, the environment, a settings file."""

import argparse
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maskclient.errors import ConfigurationInvalid

FILE_NAME = "maskclient.toml"
PREFIX = "MASKCHECK_"
_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})
_UNSETTABLE = frozenset({"help", "config"})


def apply_settings(
    parser: argparse.ArgumentParser, table: str, environment: Mapping[str, str], file: Path | None
) -> None:
    """Make what the environment and a file say the defaults of a command's options.

    So the command line wins over the environment, and that over the file. An option ``--alert-after``
    is ``MASKCHECK_ALERT_AFTER`` in the environment and ``alert-after`` in the table of the file that
    is named like the command.

    Parameters
    ----------
    parser : ArgumentParser
        Of the command.
    table : str
        Name of the command's table in the file.
    environment : mapping of str to str
        Usually ``os.environ``.
    file : Path or None
        TOML; None if there is none.

    Raises
    ------
    ConfigurationInvalid
        If a value or a name in the file, or a value in the environment, cannot be used.
    """
    actions = {_name(action): action for action in parser._actions if action.dest not in _UNSETTABLE}  # noqa: SLF001
    if file is not None:
        for name, value in _table(file, table).items():
            origin = f"{file}: [{table}] {name}"
            if name not in actions:
                raise ConfigurationInvalid(
                    f"{origin} is no option of this command. There are: {', '.join(sorted(actions))}."
                )
            _set_default(parser, actions[name], value, origin)
    for name, action in actions.items():
        variable = PREFIX + name.replace("-", "_").upper()
        if variable in environment:
            _set_default(parser, action, _from_environment(action, environment[variable], variable), variable)


def settings_file(named: Path | None, folder: Path) -> Path | None:
    """Return the file that is named, or ``maskclient.toml`` in the folder if there is one.

    Raises
    ------
    ConfigurationInvalid
        If the file that is named does not exist.
    """
    if named is not None:
        if not named.is_file():
            raise ConfigurationInvalid(f"{named}: there is no such settings file.")
        return named
    usual = folder / FILE_NAME
    return usual if usual.is_file() else None


def _name(action: argparse.Action) -> str:
    return action.option_strings[0].lstrip("-") if action.option_strings else action.dest


def _table(file: Path, table: str) -> Mapping[str, Any]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationInvalid(f"{file} cannot be read as TOML: {error}") from error
    values = document.get(table, {})
    if not isinstance(values, dict):
        raise ConfigurationInvalid(f"{file}: {table} must be a table: [{table}].")
    return values


def _from_environment(action: argparse.Action, text: str, variable: str) -> Any:  # noqa: ANN401
    if not isinstance(action, argparse.BooleanOptionalAction):
        return text.split() if action.nargs == "*" else text
    if text.lower() in _YES | _NO:
        return text.lower() in _YES
    raise ConfigurationInvalid(f"{variable} must be true or false.")


def _set_default(parser: argparse.ArgumentParser, action: argparse.Action, value: Any, origin: str) -> None:  # noqa: ANN401
    if isinstance(action, argparse.BooleanOptionalAction):
        if not isinstance(value, bool):
            raise ConfigurationInvalid(f"{origin} must be true or false, not a {type(value).__name__}.")
        parser.set_defaults(**{action.dest: value})
        return
    many = action.nargs == "*"
    if many != isinstance(value, list):
        raise ConfigurationInvalid(
            f"{origin} must be {'a list' if many else 'one value'}, not a {type(value).__name__}."
        )
    try:
        read = [parser._get_value(action, str(part)) for part in (value if many else [value])]  # noqa: SLF001
        for part in read:
            parser._check_value(action, part)  # noqa: SLF001
    except argparse.ArgumentError as error:
        raise ConfigurationInvalid(f"{origin}: {error.message}.") from error
    parser.set_defaults(**{action.dest: read if many else read[0]})
