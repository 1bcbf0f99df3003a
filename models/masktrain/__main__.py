"""Lets ``python -m masktrain`` run the command line."""

import sys

from masktrain.cli import main

if __name__ == "__main__":
    sys.exit(main())
