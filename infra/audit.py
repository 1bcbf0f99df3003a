"""Asks about known vulnerabilities of every locked package: `make audit`."""

import sys

from maskinfra import layout
from maskinfra.audit import LOCKS, Audit, audit

UNASKED = 3


def main() -> int:
    """Print what is known; return 0 for nothing, 1 for a vulnerability, 3 where it could not all be asked."""
    status = 0
    for lock in LOCKS:
        told = audit(lock)
        name = lock.relative_to(layout.ROOT)
        if not isinstance(told, Audit):
            print(f"{name}: NOT AUDITED, the database cannot be reached: {told}")
            status = status or UNASKED
            continue
        print(f"{name}: {told.audited} packages audited, {len(told.vulnerable)} known vulnerabilities")
        if told.unknown:
            print(f"  NOT AUDITED, the database cannot be reached or lacks {', '.join(told.unknown)}")
            status = status or UNASKED
        for line in told.vulnerable:
            print(f"  {line}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
