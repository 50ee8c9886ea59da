from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Unit
from tests.support.record_factory import body_image
from training.baselines.denoisers import Peers
from training.evaluate.real_noise import levels
from training.evaluate.real_noise.levels import Clean
from training.evaluate.real_noise.methods import Methods


def smoothed(pixels: FloatArray, unit: Unit) -> FloatArray:
    from scipy.ndimage import median_filter

    result: FloatArray = median_filter(pixels, 5)
    return result


@pytest.fixture
def one_chest(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = Clean("chest", body_image(128, 128).astype(np.float32), 2.0)
    monkeypatch.setattr(levels, "clean_slices", lambda data: iter([clean]))


@pytest.mark.usefixtures("one_chest")
def test_every_level_is_told_by_region_and_method(tmp_path: Path) -> None:
    table = levels.levels_table(Methods(smoothed, Peers(tmp_path)), tmp_path)
    assert table.keys() == {"chest"}
    assert [*table["chest"]] == ["10", "20", "40"]
    strong = table["chest"]["40"]
    assert strong["ours_full"]["gain_db"] > 2
    assert strong["nlm_1"]["rmse_hu"] < 40
    assert table["chest"]["10"]["nlm_1"]["psnr"] > strong["nlm_1"]["psnr"]


@pytest.mark.usefixtures("one_chest")
def test_a_line_tells_one_method(tmp_path: Path) -> None:
    table = levels.levels_table(Methods(smoothed, Peers(tmp_path)), tmp_path)
    lines = levels.levels_markdown(table).splitlines()
    assert "chest, 20 HU" in lines[2]
    (ours,) = [line for line in lines if line.startswith("| ours_full |")]
    assert ours.count("|") == lines[2].count("|")


def test_noise_of_projections_and_of_a_spectrum_are_drawn_for_a_slice() -> None:
    clean = Clean("head", body_image(96, 96).astype(np.float32), 2.0)
    first, second = levels.fields(clean, seed=0)
    assert first.shape == second.shape == (96, 96)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.1
