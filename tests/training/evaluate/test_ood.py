from pathlib import Path

import pytest

from jrviewer.core.progress import silent
from tests.support.small_network import model_with_distance_limit
from tests.training.support.tiny_run import write_data
from training.evaluate.ood import ood_table


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


def test_hard_red_checks_count_as_seen_through_and_good_slices_pass(data: Path) -> None:
    table = ood_table(model_with_distance_limit(1e9), data, ("validation",), None, 0, silent)

    assert table["false_alarms"] == 0
    assert table["by_kind"]["inverted"] == 1
    assert {"no rescale", "8-bit", "upside-down", "zoomed crop", "sagittal"} <= set(
        table["by_kind"]
    )
    assert {"water bottle", "pure noise"} <= set(table["by_kind"])


def test_a_check_that_warns_of_everything_raises_only_false_alarms(data: Path) -> None:
    assert (
        ood_table(model_with_distance_limit(1e-9), data, ("validation",), None, 0, silent)[
            "false_alarms"
        ]
        == 1
    )
