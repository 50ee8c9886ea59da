"""Prints how large a bundle is and what its largest parts are."""

import sys
from collections import Counter
from pathlib import Path

ROWS = 14


def main(bundle: Path) -> None:
    """A line per part and the total, in MB of 10⁶ bytes."""
    parts: Counter[str] = Counter()
    for file in bundle.rglob("*"):
        if file.is_file() and not file.is_symlink():
            inside = file.relative_to(bundle).parts
            parts[inside[1] if len(inside) > 2 else "single files"] += file.stat().st_size
    lines = [f"{size / 1e6:8.1f} MB  {name}" for name, size in parts.most_common(ROWS)]
    lines.append(f"{sum(parts.values()) / 1e6:8.1f} MB  in all")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
