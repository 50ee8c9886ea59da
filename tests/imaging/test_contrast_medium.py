"""Contrast medium is told from bone by its rim, in slices whose every value is known."""

from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray, Plane
from jrviewer.imaging.contrast_medium import contrast_in, shows_vessels
from tests.support.record_factory import make_plane, make_slice
from training.phantoms import make_phantom

SPACING_MM = (1.0, 1.25)


IN_FRONT, BEHIND = (60.0, 100.0), (120.0, 100.0)  # places in the body, in mm: down, across


def body(*discs: FloatArray) -> FloatArray:
    """A body of 45 HU, 160 × 200 mm, in air, with what is brighter painted into it, and noise."""
    down, across = places()
    image = np.where((abs(down - 85) < 80) & (abs(across - 100) < 95), 45.0, -1000.0)
    for disc_hu in discs:
        image = np.where(np.isnan(disc_hu), image, disc_hu)
    noisy = image + np.random.default_rng(3).normal(0, 8, image.shape)
    return np.asarray(noisy, dtype=np.float32)


def places() -> tuple[FloatArray, FloatArray]:
    """Of every pixel, in mm: down, across."""
    rows, columns = np.mgrid[:170, :160]
    return rows * SPACING_MM[0], columns * SPACING_MM[1]


def painted(
    radius_mm: float,
    hu: float,
    rim_hu: float | None = None,
    centre: tuple[float, float] = IN_FRONT,
) -> FloatArray:
    """A disc, with a rim of 4 mm where one is given, and NaN around it."""
    down, across = places()
    away = np.hypot(down - centre[0], across - centre[1])
    image = np.where(away < radius_mm, hu, np.nan)
    if rim_hu is not None:
        image = np.where((away < radius_mm) & (away > radius_mm - 4), rim_hu, image)
    return image


def disc(radius_mm: float, hu: float, rim_hu: float | None = None) -> FloatArray:
    """One disc in the front of a body."""
    return body(painted(radius_mm, hu, rim_hu))


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


@pytest.mark.timeout(60)
def test_a_spacing_in_another_unit_ends_at_once_and_shows_none() -> None:
    assert not shows_vessels(disc(14, 300.0), (1e-4, 1e-4))


def test_what_the_file_states_comes_before_what_the_slice_shows() -> None:
    image = make_slice()
    stated = replace(image, acquisition=replace(image.acquisition, states_contrast=True))

    assert contrast_in(stated, disc(14, 60.0)) == "stated"
    assert contrast_in(image, disc(14, 60.0)) == "none"
    assert contrast_in(image, disc(14, 300.0)) == "seen"


def test_only_across_the_body_a_vessel_is_looked_for() -> None:
    image = make_slice()
    coronal = replace(image, plane=make_plane(along_column=(0, 0, -1), spacing_mm=(3.0, 3.0)))
    stated = replace(coronal, acquisition=replace(image.acquisition, states_contrast=True))

    assert contrast_in(image, disc(14, 300.0)) == "seen"
    assert contrast_in(coronal, disc(14, 300.0)) == "none"
    assert contrast_in(stated, disc(14, 300.0)) == "stated"


def test_without_a_spacing_or_hounsfield_units_nothing_is_seen() -> None:
    image = make_slice()

    assert contrast_in(replace(image, spacing_source="missing"), disc(14, 300.0)) == "none"
    assert contrast_in(replace(image, unit="stored"), disc(14, 300.0)) == "none"


def test_what_lies_in_the_middle_of_the_back_is_a_vertebra_unless_one_is_behind_it() -> None:
    even, vertebra = painted(14, 300, centre=BEHIND), painted(16, 150, 500, centre=BEHIND)
    aorta = painted(11, 300, centre=(90.0, 106.0))

    assert not shows_vessels(body(even), SPACING_MM)
    assert not shows_vessels(body(vertebra), SPACING_MM)
    assert shows_vessels(body(vertebra, aorta), SPACING_MM)


def test_the_back_is_found_in_a_slice_that_stands_on_its_head() -> None:
    lying, standing = make_plane(spacing_mm=SPACING_MM), make_plane(spacing_mm=SPACING_MM)
    standing = replace(standing, along_column=-standing.along_column)
    image = body(painted(14, 300, centre=BEHIND))

    def seen(pixels: FloatArray, plane: Plane) -> str:
        return contrast_in(replace(make_slice(pixels), plane=plane), pixels)

    assert seen(image, lying) == "none"
    assert seen(image[::-1].copy(), standing) == "none"
    assert seen(image, standing) == "seen"


def test_what_is_joined_to_something_brighter_or_encloses_something_is_bone() -> None:
    down, across = places()
    process = np.where((abs(down - 60) < 6) & (across > 100) & (across < 150), 700.0, np.nan)
    ring = painted(30, 300)
    ring[np.hypot(down - 60, across - 100) < 12] = np.nan

    assert not shows_vessels(body(painted(14, 300), process), SPACING_MM)
    assert not shows_vessels(body(ring), SPACING_MM)


def test_a_table_or_a_rod_beside_the_body_is_no_vessel() -> None:
    image = np.pad(body(), ((0, 60), (0, 0)), constant_values=-1000)
    down, across = np.mgrid[: len(image), :160]
    image[np.hypot(down - 205, (across - 80) * 1.25) < 12] = 300

    assert not shows_vessels(image, SPACING_MM)


def phantom(region: str, seed: int) -> FloatArray:
    return make_phantom(seed, region).render(0.0, 280, 1.6)


@pytest.mark.parametrize(("region", "seed"), [("chest", 5000), ("chest", 5009), ("abdomen", 5001)])
def test_a_phantom_whose_blood_is_not_as_bright_as_bone_shows_none(region: str, seed: int) -> None:
    # Their vertebrae are cut where they are even, without a cortex around them.
    assert not shows_vessels(phantom(region, seed), (1.6, 1.6))


def test_a_phantom_with_bright_blood_shows_it() -> None:
    assert shows_vessels(phantom("abdomen", 5006), (1.6, 1.6))
