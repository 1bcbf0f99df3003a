"""The error tree of the build and the emulation; the scripts turn any of it into an exit status.

``InfraError``
    every error this package raises on purpose

    ``SetupError``
        the template, the lock or the environment says something that cannot be used
    ``BuildError``
        the artefact could not be built
    ``EmulatorError``
        the emulator did not start, or the function under it did not answer
    ``KeysError``
        a key could not be made, listed or revoked
"""


class InfraError(Exception):
    """Base of every error this package raises on purpose; its message says what to do."""


class SetupError(InfraError):
    """The template, the lock or the environment says something that cannot be used."""


class BuildError(InfraError):
    """The artefact could not be built."""


class EmulatorError(InfraError):
    """The emulator did not start, or the function under it did not answer."""


class KeysError(InfraError):
    """A key could not be made, listed or revoked."""
