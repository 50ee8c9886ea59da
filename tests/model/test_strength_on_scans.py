"""What a strength does to real scans: the shipped weights on native slices of unseen patients."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from jrviewer.core import strength
from jrviewer.core.geometry import FloatArray
from jrviewer.core.strength import FULL, HIGH, LOW, STANDARD, Noise, Residual, Strength
from jrviewer.imaging.noise_level import calm_region, measure, noise_sd
from jrviewer.model.load import load_model
from training.data.cases import evenly
from training.evaluate.real_noise.real import scans
from training.evaluate.real_noise.series import usable

pytestmark = pytest.mark.slow  # as a whole
SLICES = 3  # of each series

Measured = tuple[str, FloatArray, Residual, Noise]


@pytest.fixture(scope="module")
def measured(shared: Path) -> list[Measured]:
    """Slices of every native validation series, what the network takes from them, their noise."""
    found = list(_measured(shared / "data"))
    if not found:
        pytest.skip("no native series is beside this checkout")
    return found


def _measured(data: Path) -> Iterator[Measured]:
    model = load_model("cpu")
    for scan in scans(data):
        for index in evenly(len(scan.slices), SLICES):
            pixels = usable(scan.slices[index], scan.unit)
            denoised = model.denoise(pixels, scan.unit)
            removed = Residual.of(pixels, denoised)
            noise = measure(pixels, denoised, scan.unit)
            assert noise is not None or scan.unit != "HU"  # unknown at the vertex of a head
            if noise is not None:
                yield scan.unit, pixels, removed, noise


def test_a_stronger_one_never_leaves_more_noise(measured: list[Measured]) -> None:
    for _, _, _, noise in measured:
        left = [noise.after(noise.shares(Strength(percent / 100))) for percent in range(0, 101, 5)]
        assert np.diff(left).max() < 1e-3 * noise.before
        gone = [sum(noise.shares(one)) for one in (LOW, STANDARD, HIGH, FULL)]
        assert gone == sorted(gone)
        assert gone[0] < gone[1] < gone[2]


def test_the_picture_has_the_noise_that_is_told(measured: list[Measured]) -> None:
    for unit, pixels, removed, noise in measured:
        calm = calm_region(pixels, "HU" if unit == "HU" else "stored")
        for wanted in (LOW, STANDARD, HIGH, FULL):
            shares = noise.shares(wanted)
            left = noise_sd(strength.apply(pixels, removed, shares), calm)
            told = (noise.after(shares) ** 2 + noise.tissue) ** 0.5
            assert left == pytest.approx(told, rel=0.05)


def test_standard_takes_half_of_the_noise_and_high_more(measured: list[Measured]) -> None:
    for _, _, _, noise in measured:
        half, most = (noise.after(noise.shares(one)) for one in (STANDARD, HIGH))
        assert half == pytest.approx(0.5 * noise.before, rel=0.02)
        assert most < 0.42 * noise.before


def test_no_strength_shifts_the_mean_of_calm_tissue(measured: list[Measured]) -> None:
    for unit, pixels, removed, noise in measured:
        if unit != "HU":
            continue
        calm = calm_region(pixels, "HU")
        for wanted in (LOW, STANDARD, HIGH, FULL):
            assert abs(float(removed.at(noise.shares(wanted))[calm].mean())) < 1
