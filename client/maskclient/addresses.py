"""What can be told from a computer's name or address alone."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Say whether only this computer reaches a host; of names, only of ``localhost`` is that sure."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
