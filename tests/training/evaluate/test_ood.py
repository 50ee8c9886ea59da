from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.progress import silent
from jrviewer.model.joint_model import Model
from jrviewer.model.out_of_distribution import Familiarity
from tests.support.small_network import small_net
from tests.training.support.tiny_run import write_data
from training.evaluate.ood import ood_table


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


def model(limit: float) -> Model:
    """A small network with a limit that no slice, or every slice, is beyond."""
    raw = Model("small 0", "0" * 64, "CPU fp32", small_net(), sharpness=1.0)
    width = len(raw.look(np.full((128, 128), -1000, np.float32))[1])
    known = Familiarity(
        centre=np.zeros(width, np.float32),
        scale=np.ones(width, np.float32),
        axes=np.eye(2, width, dtype=np.float32),
        spread=np.ones(3, np.float32),
        upright=np.zeros(width + 1, np.float32),
        limits=np.array([limit, 1.0], np.float32),
    )
    return Model("small 0", "0" * 64, "CPU fp32", raw.net, sharpness=1.0, familiarity=known)


def test_hard_red_checks_count_as_seen_through_and_good_slices_pass(data: Path) -> None:
    table = ood_table(model(1e9), data, ("validation",), None, 0, silent)

    assert table["false_alarms"] == 0
    assert table["by_kind"]["inverted"] == 1
    assert {"no rescale", "8-bit", "upside-down", "zoomed crop", "sagittal"} <= set(
        table["by_kind"]
    )
    assert {"water bottle", "pure noise"} <= set(table["by_kind"])


def test_a_check_that_warns_of_everything_raises_only_false_alarms(data: Path) -> None:
    assert ood_table(model(1e-9), data, ("validation",), None, 0, silent)["false_alarms"] == 1
