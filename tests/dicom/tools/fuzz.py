"""Mutates sound files for minutes and asks that each ends in an image or a sentence, in time.

    python -m tests.dicom.tools.fuzz FOLDER --minutes 20

Prints the cases, the slowest one and the memory; the bytes of each new finding are kept in the
working directory. What it finds becomes a test in test_damage.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from jrviewer import dicom
from jrviewer.core.errors import ExportError
from jrviewer.core.records import Slice
from tests.dicom.tools.conformance import denoised

LARGEST = 400_000  # bytes of a file that is mutated: larger ones cost time and find no more
TOO_LONG_S = 10.0
IMAGES = 0.8  # share of the cases that are made of files with pixels
ROUND = 200  # cases between two looks at the clock
Found = TypeVar("Found")
INTERESTING = [b"\0" * 4, b"\xff" * 4, b"\xfe\xff\x00\xe0", b"\xff\xff\xff\x7f", b"SQ\0\0"]


class Fuzzing:
    """A run over the files of a folder, and what it has seen so far."""

    def __init__(self, folder: Path) -> None:
        found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        self.files = [path for path in found if 0 < path.stat().st_size <= LARGEST]
        rows = zip(self.files, [dicom.inspect([path])[0] for path in self.files], strict=True)
        self.images = [path for path, row in rows if row.status == "open"]
        self.statuses: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()
        self.cases = 0
        self.slowest_s = 0.0  # of one step
        self.longest_s = 0.0  # of the steps of the case at hand
        self.written = 0
        self.place = Path(tempfile.mkdtemp(prefix="jrviewer-fuzz-"))

    def run(self, minutes: float, first_seed: int) -> Iterator[int]:
        """Rounds until the minutes are over; gives the cases of each."""
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            before = self.cases
            self.round(first_seed)
            first_seed += 1
            yield self.cases - before

    def round(self, number: int) -> None:
        """Many mutations of one seed."""

        @seed(number)
        @settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def mutate(data: st.DataObject) -> None:
            dice = random.Random(data.draw(st.integers(0, 2**64)))
            files = self.images if dice.random() < IMAGES else self.files
            self.case(_mutated(dice, dice.choice(files).read_bytes()))

        mutate()

    def case(self, content: bytes) -> None:
        """One file: inspected, read, and written again where it opens."""
        self.cases += 1
        path = self.place / "case"
        path.write_bytes(content)
        self.longest_s = 0.0
        try:
            (row, *_) = self.timed(lambda: dicom.inspect([path]))
            opened = self.timed(lambda: dicom.read([path]))
            assert all(one.message for one in opened.refused)
            for series in opened.series:
                self.timed(partial(self.write, series[0]))
        except Exception as error:  # noqa: BLE001 - whatever comes is what is looked for
            place = traceback.extract_tb(error.__traceback__)[-1]
            finding = f"{type(error).__name__} in {place.name}"
            if not self.findings[finding]:
                Path(f"finding-{len(self.findings)}.dcm").write_bytes(content)
                Path(f"finding-{len(self.findings)}.txt").write_text(traceback.format_exc())
            self.findings[finding] += 1
            return
        if self.longest_s > TOO_LONG_S:
            self.findings["too long"] += 1
            Path(f"slow-{time.time_ns()}.dcm").write_bytes(content)
        self.statuses[row.status] += 1

    def timed(self, step: Callable[[], Found]) -> Found:
        """One step, its time noted."""
        begun = time.monotonic()
        try:
            return step()
        finally:
            self.longest_s = max(self.longest_s, time.monotonic() - begun)
            self.slowest_s = max(self.slowest_s, self.longest_s)

    def write(self, image: Slice) -> None:
        """Derive from the slice, named and de-identified."""
        for deidentified in (False, True):
            target = self.place / "out.dcm"
            target.unlink(missing_ok=True)  # no export replaces a file
            try:
                dicom.write_derived(denoised(image), target, deidentified=deidentified)
            except ExportError:
                continue
            self.written += 1


def _mutated(dice: random.Random, content: bytes) -> bytes:
    """Some bytes exchanged, mostly for as many and in the first part, sometimes the end cut off."""
    changed = bytearray(content)
    for _ in range(dice.choice([1, 1, 2, 3, 6])):
        head = min(len(changed), 3000)
        first = 128 if head > 200 and dice.random() < 0.95 else 0
        at = dice.randrange(first, head if dice.random() < 0.7 else len(changed))
        new = dice.choice([*INTERESTING, dice.randbytes(1), dice.randbytes(2), dice.randbytes(4)])
        length = len(new) if dice.random() < 0.8 else dice.choice([0, 1, 4, 64])
        changed[at : at + length] = new
    if dice.random() < 0.05:
        del changed[dice.randrange(1, len(changed)) :]
    return bytes(changed)


def main() -> None:
    """Run for the minutes asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    fuzzing = Fuzzing(arguments.folder)
    for _ in fuzzing.run(arguments.minutes, arguments.seed):
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        sys.stdout.write(
            f"{fuzzing.cases} cases {dict(fuzzing.statuses)}, "
            f"{fuzzing.written} written, slowest {fuzzing.slowest_s:.1f} s, {memory_mb} MB, "
            f"findings {dict(fuzzing.findings)}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
