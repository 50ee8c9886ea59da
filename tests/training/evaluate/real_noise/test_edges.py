import numpy as np
import pytest
from scipy import ndimage

from jrviewer.core.geometry import FloatArray
from training.evaluate.real_noise.edges import edges_of, ratios


def disc(blur: float) -> FloatArray:
    """A round body in air, its border as wide as a blur."""
    row, column = np.mgrid[:160, :160] - 80.0
    body = np.where(np.hypot(row, column) < 55, 40.0, -1000.0)
    blurred: FloatArray = ndimage.gaussian_filter(body, blur).astype(np.float32)
    return blurred


@pytest.mark.parametrize("wider", [1.0, 1.05, 1.5])
def test_an_edge_that_is_wider_is_told_so(wider: float) -> None:
    before, after = disc(1.2), disc(1.2 * wider)
    found = ratios(edges_of(before, -500.0), before, after)
    assert len(found) >= 6
    assert np.median(found) == pytest.approx(wider, rel=0.06)


def test_noise_does_not_hide_the_width() -> None:
    noise = np.random.default_rng(0).normal(0, 20, (160, 160))
    before, after = disc(1.2) + noise, disc(1.8) + 0.3 * noise
    assert np.median(ratios(edges_of(before, -500.0), before, after)) == pytest.approx(1.5, rel=0.1)


def test_a_slice_without_edges_has_no_widths() -> None:
    flat = np.full((96, 96), 40, dtype=np.float32)
    assert ratios(edges_of(flat, -500.0), flat, flat) == []
