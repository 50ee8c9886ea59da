import numpy as np
import pytest
import torch
from torch import Tensor

from training.experiments.denoisers.networks import Convolutional
from training.experiments.denoisers.yardstick import NOISE_HU, Case, Yardstick
from training.metrics.lesions import add_discs


class Doing(Convolutional):
    """Takes a share of the way from the slice to its mean over squares of 4 × 4 pixels."""

    def __init__(self, share: float) -> None:
        super().__init__((8, 8, 16))
        self.share = share

    def denoise(self, hu: Tensor, kind: float | Tensor) -> Tensor:
        blocks = torch.nn.functional.avg_pool2d(hu, 4)
        return hu + self.share * (torch.nn.functional.interpolate(blocks, scale_factor=4.0) - hu)


@pytest.fixture(scope="module")
def yardstick() -> Yardstick:
    clean = np.full((128, 128), -1000.0, dtype=np.float32)
    clean[16:112, 16:112] = 40.0
    image, discs = add_discs(clean, 0.8, seed=0)
    grain = np.random.default_rng(0).standard_normal(clean.shape).astype(np.float32)
    assert discs
    return Yardstick({}, [Case(clean, image, discs, grain, 0.8)])


def test_what_changes_nothing_gains_nothing_and_loses_nothing(yardstick: Yardstick) -> None:
    row = yardstick.measure(Doing(0.0))

    assert row["gain_db"] == pytest.approx(0, abs=1e-6)
    assert row["contrast_kept"] == pytest.approx(1, abs=0.02)


def test_smoothing_gains_and_loses(yardstick: Yardstick) -> None:
    row = yardstick.measure(Doing(0.8))

    assert row["gain_db"] > 3
    assert len(row["gains_db"]) == len(NOISE_HU)
    assert row["contrast_kept"] < 0.98
