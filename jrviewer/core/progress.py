"""How long-running work reports its progress: `work(report) -> result`, without Qt."""

from collections.abc import Callable

Report = Callable[[float, str], None]
"""`report(fraction, what)`: 0..1 done and a short phrase. Raises Cancelled when the user has moved
on.
"""


def silent(fraction: float, what: str) -> None:
    """Report for callers that show no progress."""
