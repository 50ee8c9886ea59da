import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Cloud, Structure
from jrviewer.imaging.interpolated_surface import Span
from jrviewer.imaging.measured_surface import Surface
from jrviewer.model.spliced_cloud import covered, heights_in, in_series, splice
from tests.support.cloud_factory import make_trunk
from tests.support.record_factory import make_plane, make_prediction
from tests.support.series_factory import make_ball

PLANE = make_plane(origin_mm=(-180.0, -150.0, 40.0), spacing_mm=(2.5, 3.0))
SPANS = [Span(-20, 0, is_between=True), Span(0, 20, is_between=True)]


def inferred() -> Cloud:
    return make_trunk(PLANE, (63.5, 63.5), 1024)


def wall(cloud: Cloud, x_mm: float) -> Surface:
    """A flat piece of skin at x, 100 mm wide, from 30 mm below the slice to 30 mm above."""
    square = np.array([[x_mm, -50, -30], [x_mm, 50, -30], [x_mm, 50, 30], [x_mm, -50, 30]])
    corners = cloud.box.centre_mm + square
    triangles = corners[np.array([[0, 1, 2], [0, 2, 3]])].astype(np.float32)
    # Cut small: only triangles whose middle lies in the box count.
    return Surface(triangles, np.zeros(2, np.uint8), (-30.0, 30.0))


def test_points_where_no_slice_is_near_stay_as_they_were() -> None:
    cloud = inferred()
    far = np.abs(heights_in(cloud.box, cloud.points)) > 20

    spliced = splice(cloud, wall(cloud, 70), SPANS)

    assert len(spliced) == len(cloud)
    assert np.array_equal(spliced.points[: far.sum()], cloud.points[far])
    assert np.array_equal(spliced.sigma[: far.sum()], cloud.sigma[far])


def test_the_others_lie_on_the_interpolated_surface() -> None:
    cloud = inferred()
    kept = int((np.abs(heights_in(cloud.box, cloud.points)) > 20).sum())

    spliced = splice(cloud, wall(cloud, 70), SPANS)

    moved: FloatArray = spliced.points[kept:] - cloud.box.centre_mm
    assert np.abs(moved[:, 0] - 70).max() < 0.1
    assert set(spliced.labels[kept:]) == {Structure.SKIN}
    assert np.ptp(moved[:, 1]) > 90  # over all of it
    assert np.abs(spliced.normals[kept:] @ [1, 0, 0]).min() == pytest.approx(1)


def test_sigma_grows_with_the_gap() -> None:
    cloud = inferred()
    kept = int((np.abs(heights_in(cloud.box, cloud.points)) > 20).sum())

    wide = splice(cloud, wall(cloud, 70), SPANS)
    beyond = splice(cloud, wall(cloud, 70), [Span(-20, 20, is_between=False)])
    narrow = splice(
        cloud, wall(cloud, 70), [Span(h, h + 10, is_between=True) for h in (-20, -10, 0, 10)]
    )

    assert narrow.sigma[-1] < wide.sigma[kept] < beyond.sigma[-1]


def test_without_a_surface_the_cloud_stays_as_it_was() -> None:
    cloud = inferred()
    nothing = Surface(np.zeros((0, 3, 3), np.float32), np.zeros(0, np.uint8), (0.0, 0.0))

    assert splice(cloud, nothing, SPANS) is cloud


@pytest.mark.parametrize(("height", "is_covered"), [(-21.0, False), (-20.0, True), (19.0, True)])
def test_a_height_is_covered_where_a_span_holds_it(height: float, is_covered: bool) -> None:
    assert covered(np.array([height]), SPANS).tolist() == [is_covered]


def test_a_prediction_in_a_sparse_series_says_what_its_clouds_are_made_from() -> None:
    series, _ = make_ball(heights_mm=np.arange(0, 121, 20.0))
    alone = make_prediction(series[3])

    known = in_series(alone, series)

    assert known.cloud_sentence == (
        "interpolated between 7 slices, where they are at most 20 mm apart, "
        "and inferred from this slice beyond them"
    )
    assert known.cloud is not None
    assert len(known.cloud) == 1024
    assert known.cloud is not alone.cloud
    dense = known.compute_dense_cloud()
    assert dense is not None
    assert len(dense) == 4096
    assert alone.cloud_sentence == "inferred from this slice alone"


def test_in_any_other_series_a_prediction_stays_as_it_is() -> None:
    series, _ = make_ball(heights_mm=np.arange(0, 121, 2.5))
    alone = make_prediction(series[3])

    assert in_series(alone, series) is alone


def test_between_slices_without_a_body_nothing_is_interpolated() -> None:
    series, _ = make_ball(heights_mm=np.arange(0, 121, 20.0), radius_mm=0.0)
    alone = make_prediction(series[3])

    assert in_series(alone, series) is alone
