"""The stateless function: face crops in, a mask verdict per crop out."""

__version__ = "1.0.0"
