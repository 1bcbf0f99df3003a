"""``python -m maskclient``."""

import sys

from maskclient.cli import main

if __name__ == "__main__":
    sys.exit(main())
