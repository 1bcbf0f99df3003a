"""The client's version, apart so that any module can tell it."""

__version__ = "1.0.0"
