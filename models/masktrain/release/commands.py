"""The commands that make and publish a model's files. Each imports what it needs when it runs."""

from masktrain.options import Commands


def add_commands(commands: Commands) -> None:
    """Add this room's commands to the program's."""
