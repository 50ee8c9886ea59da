"""Where a path leads. Knows only names."""

import os
from pathlib import Path


def real_path(path: Path | str) -> str:
    """Without links; as it stands, but whole, where the system cannot follow it: Windows gives up
    on some network drives, and Wine on long paths.
    """
    try:
        return os.path.realpath(path)
    except OSError:
        return os.path.abspath(path)  # noqa: PTH100 - it asks the system nothing
