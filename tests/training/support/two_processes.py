"""`python -m tests.training.support.two_processes OUT PRESET`: a tiny run, which Fabric starts
again for the second process; so it can't be a function of a test.
"""

import sys
from pathlib import Path

from tests.training.support.pool_factory import EVEN, NOW_AND_THEN
from training.data.pools import Pairs, Views
from training.fit.fit import fit

if __name__ == "__main__":
    folder, name = Path(sys.argv[1]), sys.argv[2]
    preset = {"even": EVEN, "now-and-then": NOW_AND_THEN}[name]
    pools = Pairs(folder / "pairs"), Views(folder / "views")
    fit(preset, *pools, folder / f"{name}-2", devices=2, quiet=True)
