"""What the exit codes mean."""

ALL_WELL = 0
VIOLATION = 1
FAILURE = 2
INTERRUPTED = 130
READER_GONE = 141
"""As a shell reports a program that SIGPIPE ended."""
