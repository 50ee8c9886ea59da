"""A run to calibrate and to export."""

from pathlib import Path

import pytest

from tests.training.support.pool_factory import TINY, tiny_pools
from training.fit.fit import fit


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run of a few steps."""
    fit(TINY, *tiny_pools(tmp_path), tmp_path / "run", quiet=True)
    return tmp_path / "run"
