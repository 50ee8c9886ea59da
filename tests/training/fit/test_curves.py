from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from jrviewer.core.errors import JRViewerError
from tests.training.support.pool_factory import TINY, of_steps, tiny_pools
from training.fit.curves import TERMS, draw, read_log
from training.fit.fit import fit


@pytest.mark.slow
def test_a_run_becomes_a_picture_of_its_three_terms(tmp_path: Path) -> None:
    fit(replace(TINY, cycles=of_steps(40)), *tiny_pools(tmp_path), tmp_path / "run", quiet=True)

    curves = read_log(tmp_path / "run" / "log")
    draw(curves, tmp_path / "curves.png")

    assert [curve[:, 0].tolist() for curve in curves.values()] == [[20, 40]] * 3
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.width > 600


def test_a_step_that_a_resumed_run_logged_again_counts_once(tmp_path: Path) -> None:
    for name, value in (("first", 1.0), ("second", 2.0)):
        with SummaryWriter(str(tmp_path), filename_suffix=name) as log:
            for term in TERMS:
                log.add_scalar(term, value, 20, walltime=value)

    assert {curve.shape for curve in read_log(tmp_path).values()} == {(1, 2)}


def test_a_run_that_learns_one_part_shows_its_terms_alone(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as log:
        log.add_scalar("loss/denoising", 1.0, 20)
        log.add_scalar("loss/contrast", 0.1, 20)

    curves = read_log(tmp_path)
    draw(curves, tmp_path / "curves.png")

    assert list(curves) == ["loss/denoising", "loss/contrast"]
    assert (tmp_path / "curves.png").is_file()


def test_a_folder_without_a_log_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(JRViewerError, match="no training log"):
        read_log(tmp_path)
