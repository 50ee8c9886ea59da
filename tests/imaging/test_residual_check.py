"""Shapes against noise: doctored denoisers that erase a nodule, and honest ones that do not."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from scipy import ndimage

from jrviewer import dicom
from jrviewer.core import filters
from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import MOST_MARKS, Removed
from jrviewer.core.records import Slice, Unit
from jrviewer.core.resources import resource
from jrviewer.imaging import residual_check
from jrviewer.model.load import load_model
from tests.support.record_factory import body_image, make_plane, make_slice
from training.data.noise import low_dose

SPACING_MM = (1.0, 1.5)  # between rows, between columns
PLACES = {"soft tissue": (60, 128), "lung": (128, 77)}
HALF = 15.0  # HU of white noise


@lru_cache(maxsize=1)
def clean() -> FloatArray:
    """A body of 256 × 256 pixels with edges as soft as a scanner draws them."""
    soft: FloatArray = ndimage.gaussian_filter(body_image(256, 256), 0.8)
    return soft


def sliced(pixels: FloatArray, unit: Unit = "HU") -> Slice:
    modality = "CT" if unit == "HU" else "MR"
    return make_slice(pixels, make_plane(spacing_mm=SPACING_MM), unit, modality)


def nodule(place: tuple[int, int], diameter_mm: float, contrast_hu: float) -> FloatArray:
    """A ball's slice, HU above its surroundings (rows, columns)."""
    row, column = np.ogrid[:256, :256]
    across = np.hypot((row - place[0]) * SPACING_MM[0], (column - place[1]) * SPACING_MM[1])
    return (contrast_hu * np.clip(diameter_mm / 2 - across + 0.5, 0, 1)).astype(np.float32)


def white(seed: int, sd: float = HALF) -> FloatArray:
    return np.random.default_rng(seed).normal(0, sd, (256, 256)).astype(np.float32)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("diameter_mm", [6, 10])
@pytest.mark.parametrize("contrast_hu", [40, 100, -60])
def test_a_denoiser_that_erases_a_nodule_gets_a_mark_on_it(
    place: str, diameter_mm: float, contrast_hu: float
) -> None:
    lost = nodule(PLACES[place], diameter_mm, contrast_hu)

    found = residual_check.check_removed(sliced(clean() + lost + white(1)), clean())

    assert len(found.marks) == 1
    mark = found.marks[0]
    rows, columns = mark.row - PLACES[place][0], mark.column - PLACES[place][1]
    assert np.hypot(rows * SPACING_MM[0], columns * SPACING_MM[1]) < diameter_mm / 2
    assert mark.change == pytest.approx(contrast_hu, rel=0.35)
    assert found.score == mark.strength > residual_check.THRESHOLD


def test_a_denoiser_that_keeps_the_nodule_gets_no_mark() -> None:
    kept = clean() + nodule(PLACES["lung"], 10, 100)

    assert residual_check.check_removed(sliced(kept + white(1)), kept).marks == ()


@pytest.mark.parametrize("seed", range(5))
def test_white_noise_leaves_no_mark(seed: int) -> None:
    found = residual_check.check_removed(sliced(clean() + white(seed)), clean())

    assert found.marks == ()
    assert found.score < 0.8 * residual_check.THRESHOLD
    assert found.noise == pytest.approx(HALF, rel=0.03)


@pytest.mark.parametrize("dose", [0.25, 0.05])
@pytest.mark.parametrize("kernel", ["hann", "ramp"])
def test_low_dose_noise_leaves_no_mark(dose: float, kernel: str) -> None:
    """Its grain is coarse, its streaks run along the patient's long axis, and it grows inwards."""
    noisy = low_dose(clean()[None], 1.5, dose, views=180, kernel=kernel, seed=3)[0]

    assert residual_check.check_removed(sliced(noisy), clean()).marks == ()


def test_both_of_two_lost_nodules_are_marked_the_fainter_last() -> None:
    lost = nodule(PLACES["lung"], 8, 80) + nodule(PLACES["soft tissue"], 8, 40)

    marks = residual_check.check_removed(sliced(clean() + lost + white(2)), clean()).marks

    assert [PLACES["lung"][1] - 3 < mark.column < PLACES["lung"][1] + 3 for mark in marks] == [
        True,
        False,
    ]


def test_softened_edges_alone_are_no_lost_shape() -> None:
    softened: FloatArray = ndimage.gaussian_filter(clean(), 0.4)

    assert residual_check.check_removed(sliced(clean() + white(1)), softened).marks == ()


def test_nothing_removed_is_nothing_found() -> None:
    assert residual_check.check_removed(sliced(clean()), clean()) == Removed(0.0, 0.0, ())


def test_no_body_no_judgement() -> None:
    air = np.full((256, 256), -1000, dtype=np.float32)

    assert residual_check.check_removed(sliced(air + white(1)), air).marks == ()


def test_an_mr_slice_has_no_limit_in_hu() -> None:
    """Stored values a hundredth as large: the nodule stands out of the noise all the same."""
    shown = ((clean() + 1000) / 100).astype(np.float32)
    lost = nodule(PLACES["soft tissue"], 10, 100) / 100

    found = residual_check.check_removed(sliced(shown + lost + white(1) / 100, "stored"), shown)

    assert len(found.marks) == 1


def test_padding_counts_as_nothing_removed() -> None:
    pixels = clean().copy()
    pixels[:20] = -2000
    padded = replace(sliced(pixels), padding=-2000.0)

    assert not residual_check.residual(padded, clean())[:20].any()


def test_the_shipped_model_leaves_no_mark_on_the_sample_but_losing_a_nodule_does() -> None:
    (series,) = dicom.read([resource("sample")]).series
    image = series[0]
    denoised = load_model("cpu").denoise(image.pixels, image.unit)
    row, column = np.ogrid[: image.shape[0], : image.shape[1]]
    step_mm = image.plane.spacing_mm[0]
    lung = np.argwhere(ndimage.binary_erosion(denoised < -700, iterations=12))
    inner = lung[np.argmin(np.abs(lung - np.array(image.shape) / 2).sum(axis=1))]
    across = np.hypot(row - inner[0], column - inner[1]) * step_mm
    lost = 100 * np.clip((4 - across) / step_mm + 0.5, 0, 1)

    honest = residual_check.check_removed(image, denoised)
    doctored = residual_check.check_removed(
        replace(image, pixels=(image.pixels + lost).astype(np.float32)), denoised
    )

    assert honest.marks == ()
    assert [(abs(m.row - inner[0]) < 4, abs(m.column - inner[1]) < 4) for m in doctored.marks] == [
        (True, True)
    ]


def test_so_little_that_nobody_sees_it_is_hardly_anything_but_in_hu_alone() -> None:
    little = residual_check.check_removed(sliced(clean() + 0.02 * white(1)), clean())
    usual = residual_check.check_removed(sliced(clean() + white(1)), clean())

    assert 0 < little.noise < 1
    assert little.is_hardly_anything("HU")
    assert not little.is_hardly_anything("stored")
    assert not usual.is_hardly_anything("HU")


def test_without_a_body_the_whole_slice_tells_how_much_went() -> None:
    air = np.full((256, 256), -1000, dtype=np.float32)

    assert residual_check.check_removed(sliced(air + white(1)), air).noise > 1


def test_of_many_shapes_the_strongest_have_marks() -> None:
    rows, columns = np.mgrid[:600, :600]
    lost = 80.0 * ((rows % 40 < 8) & (columns % 40 < 8))
    noise = np.random.default_rng(5).normal(0, 1, lost.shape)
    plain = np.full(lost.shape, 40.0)
    plain[:10] = -1000

    found = residual_check.check_removed(sliced(plain + lost + noise), plain)

    assert len(found.marks) == MOST_MARKS
    strengths = [mark.strength for mark in found.marks]
    assert strengths == sorted(strengths, reverse=True)
    assert all(mark.row % 40 < 8 and mark.column % 40 < 8 for mark in found.marks)
    assert found.marks[0].change == pytest.approx(80, rel=0.1)


def test_running_means_in_place_of_wide_gaussians_give_the_same_marks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = sliced(clean() + nodule((60, 128), 10, 100) + white(1))
    (exact,) = residual_check.check_removed(image, clean()).marks
    monkeypatch.setattr(residual_check, "WIDEST_KERNEL_PX", 1.0)

    (mark,) = residual_check.check_removed(image, clean()).marks

    assert (mark.row, mark.column) == pytest.approx((exact.row, exact.column), abs=2)
    assert mark.strength == pytest.approx(exact.strength, rel=0.15)


@pytest.mark.parametrize("step_mm", [1e-3, 1e-6])
def test_a_slice_smaller_than_any_shape_costs_no_kernel_wider_than_itself(
    monkeypatch: pytest.MonkeyPatch, step_mm: float
) -> None:
    """As of a file that states metres: a kernel of a million pixels took minutes."""
    plane = make_plane(spacing_mm=(step_mm, step_mm))
    made: list[float] = []

    def watched(image: FloatArray, size: list[int], *, mode: filters.Edge) -> FloatArray:
        made.append(max(size))
        return filters.running_mean(image, [min(one, 512) for one in size], mode=mode)

    monkeypatch.setattr(residual_check, "running_mean", watched)
    found = residual_check.check_removed(make_slice(clean() + white(1), plane), clean())

    assert found.marks == ()
    assert max(made, default=0) <= 512
