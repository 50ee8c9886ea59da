"""Scores the reader over a folder of files with an index of what each should come to.

    python -m tests.dicom.tools.score ../shared/dicom

Prints a row for every transfer syntax and expectation: how many files there are, how many came to
what was expected, and to which status. Ends with 1 where a file did not.
"""

import argparse
import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from jrviewer import dicom
from jrviewer.dicom import Row

Expected = dict[str, str]


def index_of(folder: Path) -> list[Expected]:
    """The rows of a folder's index.csv."""
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rows_of(folder: Path, index: list[Expected]) -> Iterator[Row]:
    """What the reader makes of each; one call for each file, as a DICOMDIR given by itself brings
    its members' rows along.
    """
    for one in index:
        yield dicom.inspect([folder / one["path"]])[0]


def fits(row: Row, expected: Expected) -> bool:
    """Whether a file came to what its index says."""
    same = row.sha_frame0 == expected["sha_frame0"]
    shape = "x".join(str(size) for size in row.shape or ())
    visible = bool(row.message or row.warnings)
    return {
        "open_exact": row.status == "open" and same and row.dtype == expected["dtype"],
        "open_pm1": row.status == "open" and shape == expected["shape"],
        "reject_no_image": row.status == "no_image" and bool(row.message),
        "reject_corrupt": row.status in ("corrupt", "unsupported") and bool(row.message),
        "either": visible and (row.status != "open" or same),
    }[expected["expect"]]


def main() -> int:
    """Print the table of the folder asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    index = index_of(folder)
    came_to: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    wrong = []
    for row, one in zip(rows_of(folder, index), index, strict=True):
        counts = came_to[one["transfer_syntax"] or "not stated", one["expect"]]
        good = fits(row, one)
        counts.update({"files": 1, "as expected": int(good), row.status: 1})
        wrong += [] if good else [f"{one['path']}: {row.status} {row.message}"]
    sys.stdout.write("transfer syntax | expected | files | as expected | came to\n--|--|--|--|--\n")
    for (syntax, expected), counts in sorted(came_to.items()):
        statuses = [f"{n} {name}" for name, n in counts.items() if name[:2] not in ("fi", "as")]
        shown = (syntax, expected, counts["files"], counts["as expected"], ", ".join(statuses))
        sys.stdout.write(" | ".join(str(one) for one in shown) + "\n")
    sys.stdout.write("\n".join([*wrong, f"{len(index) - len(wrong)} of {len(index)} as expected"]))
    sys.stdout.write("\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
