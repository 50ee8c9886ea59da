import numpy as np
import pytest
from scipy import ndimage

from jrviewer.core.morphology import BoolArray, dilated_within, eroded

CROSS = ndimage.generate_binary_structure(2, 1)


@pytest.fixture(params=[(40, 60), (1, 9), (3, 3)])
def mask(request: pytest.FixtureRequest) -> BoolArray:
    """A few parts, some of which touch the edges."""
    noise = np.random.default_rng(7).normal(size=request.param)
    return ndimage.gaussian_filter(noise, 2.0) > 0


@pytest.mark.parametrize("steps", [1, 2, 6])
@pytest.mark.parametrize("beyond", [False, True])
def test_erosion_is_that_of_scipy(mask: BoolArray, steps: int, beyond: bool) -> None:
    theirs = ndimage.binary_erosion(mask, CROSS, iterations=steps, border_value=int(beyond))

    assert np.array_equal(eroded(mask, steps, beyond=beyond), theirs)


@pytest.mark.parametrize("steps", [1, 3])
def test_dilation_within_limits_is_that_of_scipy(mask: BoolArray, steps: int) -> None:
    core = ndimage.binary_erosion(mask, CROSS, iterations=2, border_value=1)
    theirs = ndimage.binary_dilation(core, CROSS, iterations=steps, mask=mask)

    assert np.array_equal(dilated_within(core, steps, mask), theirs)


def test_the_mask_itself_stays_as_it_is(mask: BoolArray) -> None:
    before = mask.copy()
    eroded(mask, 2)
    dilated_within(mask, 2, np.ones_like(mask))

    assert np.array_equal(mask, before)
