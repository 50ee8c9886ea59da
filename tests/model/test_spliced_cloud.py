import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Cloud, Structure
from jrviewer.imaging.interpolated_surface import Span
from jrviewer.imaging.measured_surface import Surface
from jrviewer.model.spliced_cloud import covered, heights_in, splice
from tests.support.cloud_factory import make_trunk
from tests.support.record_factory import make_plane

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
