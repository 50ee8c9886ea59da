from dataclasses import replace

import numpy as np
import pytest

from jrviewer import dicom
from jrviewer.core.geometry import canonical_box
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, Slice
from jrviewer.core.resources import resource
from jrviewer.diagnostics import phantom_truth
from tests.support.record_factory import make_prediction


@pytest.fixture(scope="module")
def sample() -> Slice:
    return dicom.read([resource("sample/phantom.dcm")]).series[0][0]


def perfect(sample: Slice) -> Prediction:
    """The truth itself, as if a model had made it."""
    known = phantom_truth.bundled()
    count = len(known.points_mm)
    cloud = Cloud(
        points=np.array(known.points_mm),
        labels=np.zeros(count, np.uint8),
        sigma=np.ones(count, np.float32),
        unit="mm",
        box=canonical_box(sample.plane, (255.5, 255.5)),
        normals=np.tile(np.array([0, 0, 1], np.float32), (count, 1)),
    )
    return replace(make_prediction(sample, cloud), fully_denoised=np.array(known.pixels))


def test_the_truth_itself_is_faultless(sample: Slice) -> None:
    score = phantom_truth.score(perfect(sample))

    assert score is not None
    assert score.chamfer_mm == 0
    assert score.ssim_after == pytest.approx(1)
    assert score.psnr_after == pytest.approx(120)


def test_the_acquired_slice_is_noisy_and_no_other_one(sample: Slice) -> None:
    score = phantom_truth.score(perfect(sample))

    assert score is not None
    assert 20 < score.psnr_before < 50
    assert 0.3 < score.ssim_before < 0.98
    # Noise has no mean: the two are of one body, in one place.
    assert abs(float((sample.pixels - phantom_truth.bundled().pixels).mean())) < 3


def test_a_cloud_that_lies_5_mm_beside_it_is_further_from_the_truth(sample: Slice) -> None:
    made = perfect(sample)
    assert made.cloud is not None
    moved = replace(made.cloud, points=made.cloud.points + np.array([0, 0, 5], np.float32))

    score = phantom_truth.score(replace(made, cloud=moved))

    assert score is not None
    assert score.chamfer_mm is not None
    assert 0.5 < score.chamfer_mm <= 5


def test_the_true_points_lie_on_the_surfaces_that_the_true_slice_shows(sample: Slice) -> None:
    """Where they cross the slice, its edges are: air on one side, tissue on another."""
    known = phantom_truth.bundled()
    near = known.points_mm[np.abs(known.points_mm[:, 2]) < 0.3]
    pixels = np.rint(sample.plane.to_pixel(near)).astype(int)
    around = np.array(
        [known.pixels[row - 2 : row + 3, column - 2 : column + 3] for row, column in pixels]
    )
    spread = around.max(axis=(1, 2)) - around.min(axis=(1, 2))

    assert len(near) > 20
    assert np.median(spread) > 300


def test_of_any_other_slice_the_truth_is_not_known() -> None:
    assert phantom_truth.score(make_prediction()) is None


def test_a_slice_without_a_cloud_has_no_chamfer_distance(sample: Slice) -> None:
    score = phantom_truth.score(replace(perfect(sample), cloud=None))

    assert score is not None
    assert score.chamfer_mm is None
