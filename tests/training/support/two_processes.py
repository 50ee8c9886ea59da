"""`python -m tests.training.support.two_processes OUT DEVICES`: a tiny run, which Fabric starts
again for every further process; so it can't be a function of a test.
"""

import sys
from pathlib import Path

from tests.training.support.pool_factory import EVEN
from training.data.pools import Pairs, Views
from training.fit.fit import fit

if __name__ == "__main__":
    folder, devices = Path(sys.argv[1]), int(sys.argv[2])
    pools = Pairs(folder / "pairs"), Views(folder / "views")
    fit(EVEN, *pools, folder / f"run-{devices}", devices=devices, quiet=True)
