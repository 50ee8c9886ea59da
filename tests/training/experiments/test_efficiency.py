import json
from pathlib import Path

import pytest

from training.__main__ import main
from training.experiments import efficiency


def test_packages_are_added_up_and_their_parts_are_not(tmp_path: Path) -> None:
    for name, value in {"intel-rapl:0": 2_000_000, "intel-rapl:1": 500_000}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text(str(value), "ascii")
    (tmp_path / "intel-rapl:0:0").mkdir()
    (tmp_path / "intel-rapl:0:0" / "energy_uj").write_text("9000000", "ascii")

    assert efficiency.joules_so_far(tmp_path) == 2.5


def test_where_no_energy_is_counted_none_is_told(tmp_path: Path) -> None:
    assert efficiency.joules_so_far(tmp_path) is None
    (tmp_path / "intel-rapl:0").mkdir()
    assert efficiency.joules_so_far(tmp_path) is None


def test_rounds_are_taken_together() -> None:
    one = {
        "walls_s": [0.1, 0.3], "processor_s": 0.2, "added_mb": 90.0, "weights_mb": 20.0,
        "joules": 4.0, "watts_gpu": None,
    }  # fmt: skip
    other = one | {"walls_s": [0.2], "added_mb": 95.0, "joules": 6.0}

    row = efficiency.together([one, other])

    assert (row["slices"], row["ms"], row["added_mb"]) == (3, pytest.approx(200), 95.0)
    assert row["joules"] == 5.0
    assert row["watts_gpu"] is None


@pytest.mark.slow
def test_two_networks_weigh_more_than_one(tmp_path: Path) -> None:
    out = tmp_path / "efficiency.json"

    assert main(["efficiency", "--seconds", "0.1", "--json", str(out)]) == 0

    cpu = json.loads(out.read_text("utf-8"))["devices"]["cpu"]
    assert cpu["joint"]["weights_mb"] < cpu["sequential"]["weights_mb"]
    assert cpu["joint"]["ms"] > 0
    assert "| joint, cpu |" in out.with_suffix(".md").read_text("utf-8")
