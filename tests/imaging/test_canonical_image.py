import numpy as np
import pytest
from scipy import ndimage

from jrviewer.core.geometry import Box, FloatArray, canonical_box
from jrviewer.imaging.canonical_image import CANONICAL_PIXEL_MM, canonical_image
from tests.imaging.test_body_masks import air
from tests.support.record_factory import body_image, make_plane


def pixel_centres(box: Box) -> FloatArray:
    """Patient LPS millimetres (128 × 128, 3) of the canonical image's pixels, row by row."""
    steps = (np.arange(128) + 0.5) / 128 * 2 - 1
    y, x = np.meshgrid(steps, steps, indexing="ij")
    return box.to_patient(np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1))


Direction = tuple[float, float, float]


@pytest.mark.parametrize("spacing_mm", [(0.7, 0.7), (1.5, 0.9), (4.0, 3.0)])
@pytest.mark.parametrize("along", [((1, 0, 0), (0, 1, 0)), ((0, -1, 0), (1, 0, 0))])
def test_the_canonical_image_is_smoothed_and_interpolated_as_scipy_does_it(
    spacing_mm: tuple[float, float], along: tuple[Direction, Direction]
) -> None:
    image = np.random.default_rng(1).normal(0, 300, (300, 260)).astype(np.float32)
    plane = make_plane(along_row=along[0], along_column=along[1], spacing_mm=spacing_mm)
    box = canonical_box(plane, (120.0, 140.0))
    sigmas = [np.sqrt(max(0, CANONICAL_PIXEL_MM**2 - mm**2) / 12) / mm for mm in spacing_mm]
    smooth = ndimage.gaussian_filter(np.maximum(image, -1000).astype(float), sigmas, truncate=2.5)
    places = plane.to_pixel(pixel_centres(box)).T
    plain = ndimage.map_coordinates(smooth, places, order=1, mode="constant", cval=-1000)

    assert canonical_image(image, plane, box) == pytest.approx(plain.reshape(128, 128), abs=0.01)


def test_the_canonical_image_puts_the_body_centre_in_its_middle() -> None:
    image = air(200, 300)
    image[100:110, 220:240] = 1000
    plane = make_plane(origin_mm=(-7, 5, 40), spacing_mm=(2.0, 1.0))

    canonical = canonical_image(image, plane, canonical_box(plane, (104.5, 229.5)))
    bright = np.argwhere(canonical > 0)

    assert canonical.shape == (128, 128)
    assert canonical.dtype == np.float32
    assert bright.mean(axis=0) == pytest.approx([63.5, 63.5], abs=0.01)
    assert np.ptp(bright, axis=0) == pytest.approx([5, 5], abs=1)  # 20 mm × 20 mm


def test_the_canonical_image_of_a_turned_slice_is_the_same() -> None:
    image = body_image(100, 140)
    straight = make_plane(spacing_mm=(3.0, 2.0))
    turned = make_plane(
        origin_mm=(139 * 2.0, 0, 0),
        along_row=(0, 1, 0),
        along_column=(-1, 0, 0),
        spacing_mm=(2.0, 3.0),
    )
    stored = np.ascontiguousarray(image[:, ::-1].T)

    first = canonical_image(image, straight, canonical_box(straight, (50, 60)))
    second = canonical_image(stored, turned, canonical_box(turned, (79, 50)))

    assert np.allclose(first, second, atol=1.0)


def test_the_canonical_image_is_air_beyond_the_slice() -> None:
    plane = make_plane(spacing_mm=(3.0, 3.0))
    canonical = canonical_image(np.zeros((50, 50), np.float32), plane, canonical_box(plane, (0, 0)))

    assert canonical[0, 0] == -1000
    assert canonical[70, 70] == 0


def test_a_fine_slice_is_averaged_over_each_canonical_pixel() -> None:
    fine = np.zeros((512, 512), dtype=np.float32)
    fine[:, ::2] = 400
    plane = make_plane(spacing_mm=(0.5, 0.5))

    canonical = canonical_image(fine, plane, canonical_box(plane, (255.5, 255.5)))

    assert canonical[64, 40:88] == pytest.approx(200, abs=10)


@pytest.mark.timeout(60)
def test_a_slice_smaller_than_a_canonical_pixel_is_lost_in_air_and_takes_no_minutes() -> None:
    plane = make_plane(spacing_mm=(1e-5, 1e-5))
    image = np.full((512, 512), 40, dtype=np.float32)

    canonical = canonical_image(image, plane, canonical_box(plane, (255.5, 255.5)))

    assert (canonical == -1000).all()
