"""What a million crops cost, from measured times and list prices."""

from collections.abc import Mapping
from math import ceil

MEMORY_GB = 1769 / 1024

# List prices in US dollars of us-east-1, x86_64, first tier, without the free tier and without tax. Logs and
# data going out (half a kilobyte per crop) are not in them.
LAMBDA_GB_SECOND = 0.0000166667
LAMBDA_REQUEST = 0.20e-6
GATEWAY_REQUEST = 3.50e-6


def per_million_crops(crops: int, request_ms: float) -> tuple[float, float]:
    """Return the price of a million crops in requests of so many.

    Parameters
    ----------
    crops : int
        In each request.
    request_ms : float
        Time of one; Lambda bills whole milliseconds.

    Returns
    -------
    tuple of float
        US dollars for Lambda, and for API Gateway.
    """
    requests = 1_000_000 / crops
    compute = ceil(request_ms) / 1000.0 * MEMORY_GB * LAMBDA_GB_SECOND
    return requests * (LAMBDA_REQUEST + compute), requests * GATEWAY_REQUEST


def table(request_ms: Mapping[int, float]) -> str:
    """Lay the prices out in Markdown."""
    lines = ["| crops in a request | ms | Lambda | API Gateway | together |", "|---:|---:|---:|---:|---:|"]
    for crops, spent in request_ms.items():
        compute, gateway = per_million_crops(crops, spent)
        lines.append(
            f"| {crops} | {spent:.1f} | ${compute:.2f} | ${gateway:.2f} | ${compute + gateway:.2f} |"
        )
    return "\n".join(lines)
