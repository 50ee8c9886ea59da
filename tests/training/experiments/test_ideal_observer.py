from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.progress import silent
from tests.training.support.tiny_run import write_data
from training.__main__ import main
from training.data.cases import phantom_cases
from training.experiments import ideal_observer
from training.metrics import lesions

DISC = lesions.Disc(row=40, column=70, radius_mm=4.0, contrast_hu=-25.0)


def white(sigma: float, draws: int = 40) -> np.ndarray:
    return np.random.default_rng(0).normal(0, sigma, (draws, 128, 128))


def test_in_white_noise_detectability_is_the_matched_filters_signal_to_noise() -> None:
    signal = lesions.alone((128, 128), DISC, 0.8)

    found = ideal_observer.detectability(DISC, white(50.0), 0.8)

    assert found == pytest.approx(float(np.sqrt((signal**2).sum())) / 50.0, rel=0.05)


def test_a_disc_at_the_edge_is_seen_as_well_as_one_in_the_middle() -> None:
    edge = lesions.Disc(row=6, column=121, radius_mm=4.0, contrast_hu=-25.0)

    assert ideal_observer.detectability(edge, white(50.0), 0.8) == pytest.approx(
        ideal_observer.detectability(DISC, white(50.0), 0.8), rel=0.1
    )


def test_more_dose_lets_more_of_a_disc_be_seen() -> None:
    table = ideal_observer.observed(phantom_cases(1)[:1], 3, silent)

    kept = [table[dose]["contrast_kept"] for dose in ("10", "25", "50")]
    assert sorted(kept) == kept
    assert 0 < kept[0] < kept[-1] < 1


def test_the_command_prints_its_table_and_keeps_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_data(tmp_path / "data", ("a", "b", "c"))

    out = tmp_path / "observer.json"
    assert main(["observer", "--data", str(data), "--json", str(out)]) == 0

    assert "| 25 % |" in capsys.readouterr().out
    assert '"contrast_kept"' in out.read_text()
