"""Puts the try-it page together: `make web`, and before `make serve`."""

import sys

from maskinfra import layout, website
from maskinfra.errors import InfraError


def main() -> int:
    """Build what is not up to date; return the exit status. With --quiet only what goes wrong is told."""
    try:
        made = website.build(layout.SITE)
        if "--quiet" not in sys.argv[1:]:
            website.install()  # also what only the tests of the page need
    except InfraError as error:
        print(error, file=sys.stderr)
        return 1
    if "--quiet" not in sys.argv[1:]:
        size = sum(file.stat().st_size for file in layout.SITE.rglob("*") if file.is_file())
        told = "made" if made else "was up to date"
        print(f"{layout.SITE.relative_to(layout.ROOT)} {told}: {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
