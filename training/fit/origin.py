"""Where a run's weights come from: the commit that trains and the weights that it began with."""

import hashlib
import subprocess
from pathlib import Path


def origin(start: Path | None) -> dict[str, str]:
    """`commit`, "" outside a checkout, and `began_with`, the sha256 of a weights file or ""."""
    began_with = "" if start is None else hashlib.sha256(start.read_bytes()).hexdigest()
    return {"commit": _commit(), "began_with": began_with}


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return asked.stdout.strip()
