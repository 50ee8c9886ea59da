"""Contrast medium is told from bone by its rim, in slices whose every value is known."""

from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.imaging.contrast_medium import contrast_in, shows_vessels
from tests.support.record_factory import make_slice

SPACING_MM = (1.0, 1.25)


def disc(
    radius_mm: float, hu: float, rim_hu: float | None = None, noise: float = 8.0
) -> FloatArray:
    """A disc in soft tissue, with a rim of 4 mm where one is given."""
    rows, columns = np.mgrid[:120, :120]
    away = np.hypot((rows - 60) * SPACING_MM[0], (columns - 60) * SPACING_MM[1])
    image = np.where(away < radius_mm, hu, 45.0)
    if rim_hu is not None:
        image = np.where((away < radius_mm) & (away > radius_mm - 4), rim_hu, image)
    noisy = image + np.random.default_rng(3).normal(0, noise, image.shape)
    return np.asarray(noisy, dtype=np.float32)


@pytest.mark.parametrize("hu", [230.0, 300.0, 450.0])
def test_an_even_bright_disc_without_a_brighter_rim_is_a_vessel(hu: float) -> None:
    assert shows_vessels(disc(14, hu), SPACING_MM)


@pytest.mark.parametrize(("hu", "rim"), [(220.0, 700.0), (260.0, 420.0), (300.0, 900.0)])
def test_an_inside_with_a_cortex_is_bone(hu: float, rim: float) -> None:
    assert not shows_vessels(disc(18, hu, rim), SPACING_MM)


@pytest.mark.parametrize("hu", [60.0, 120.0, 1200.0])
def test_what_is_too_dark_or_too_bright_for_opacified_blood_is_none(hu: float) -> None:
    assert not shows_vessels(disc(14, hu), SPACING_MM)


def test_a_narrow_vessel_is_not_enough_to_say_so() -> None:
    assert not shows_vessels(disc(4, 300.0), SPACING_MM)


def test_an_empty_slice_and_missing_values_hold_none() -> None:
    assert not shows_vessels(np.full((64, 64), np.nan, np.float32), SPACING_MM)
    assert not shows_vessels(np.full((64, 64), -1000.0, np.float32), SPACING_MM)


def test_what_the_file_states_comes_before_what_the_slice_shows() -> None:
    image = make_slice()
    stated = replace(image, acquisition=replace(image.acquisition, states_contrast=True))

    assert contrast_in(stated, disc(14, 60.0)) == "stated"
    assert contrast_in(image, disc(14, 60.0)) == "none"
    assert contrast_in(image, disc(14, 300.0)) == "seen"


def test_without_a_spacing_or_hounsfield_units_nothing_is_seen() -> None:
    image = make_slice()

    assert contrast_in(replace(image, spacing_source="missing"), disc(14, 300.0)) == "none"
    assert contrast_in(replace(image, unit="stored"), disc(14, 300.0)) == "none"
