import gc
import weakref

import numpy as np
import pytest

from jrviewer.core.geometry import Box, FloatArray, canonical_box
from jrviewer.core.records import Series, Structure
from jrviewer.imaging.sparse_series import SparseSeries, sparse_series
from tests.support.record_factory import make_plane, make_series
from tests.support.series_factory import RADIUS_MM, make_ball, oblique_plane

HEIGHTS_MM = np.arange(0, 121, 20.0)  # the ball's middle is at 60


def interpolated(series: Series) -> SparseSeries:
    found = sparse_series(series)
    assert found is not None
    return found


def skin_of(found: SparseSeries) -> FloatArray:
    return found.surface.of(Structure.SKIN).triangles_mm.reshape(-1, 3)


def test_the_slices_of_a_ball_give_its_surface_between_them() -> None:
    series, centre = make_ball(heights_mm=HEIGHTS_MM)

    found = interpolated(series)

    away = np.linalg.norm(skin_of(found) - centre, axis=1)
    near = np.abs(skin_of(found)[:, 2] - centre[2]) < 20  # the middle slices; caps are flat
    assert np.abs(away[near] - RADIUS_MM).max() < 4
    assert (found.slices, found.widest_mm) == (7, 20)


def test_slices_in_any_direction_do_as_well() -> None:
    series, centre = make_ball(oblique_plane(), HEIGHTS_MM, (110, 120))

    heights = (skin_of(interpolated(series)) - centre) @ series[0].plane.normal

    away = np.linalg.norm(skin_of(interpolated(series)) - centre, axis=1)
    assert np.abs(away[np.abs(heights) < 20] - RADIUS_MM).max() < 4


def test_spans_are_heights_in_the_box_whichever_way_the_series_runs() -> None:
    series, _ = make_ball(heights_mm=HEIGHTS_MM)
    backwards = Series(series.slices[::-1])
    box = canonical_box(series[3].plane, (45.0, 65.0))
    turned = Box(box.centre_mm, box.axes * np.array([[1], [-1], [-1]]))

    between = [span for span in interpolated(series).spans_in(box) if span.is_between]
    same = [span for span in interpolated(backwards).spans_in(box) if span.is_between]
    mirrored = [span for span in interpolated(series).spans_in(turned) if span.is_between]

    assert [one.low_mm for one in between] == pytest.approx(range(-60, 41, 20))
    assert [one.high_mm for one in between] == pytest.approx(range(-40, 61, 20))
    assert same == between
    assert sorted(one.low_mm for one in mirrored) == pytest.approx([one.low_mm for one in between])


@pytest.mark.parametrize(
    "series",
    [
        make_ball(heights_mm=np.arange(0, 121, 2.5))[0],  # is measured
        make_ball(heights_mm=np.array([0.0, 40, 80, 120]))[0],  # too far apart
        make_series(1),
    ],
    ids=["dense", "far apart", "one slice"],
)
def test_nothing_is_interpolated_elsewhere(series: Series) -> None:
    assert sparse_series(series) is None


def test_where_some_slices_are_near_the_widest_gap_told_is_one_that_is_interpolated() -> None:
    series, _ = make_ball(heights_mm=np.array([0.0, 15, 60, 77.5]))

    assert interpolated(series).widest_mm == 18


def test_a_series_is_interpolated_once_and_forgotten_with_it() -> None:
    series, _ = make_ball(heights_mm=HEIGHTS_MM)
    first = weakref.ref(interpolated(series))

    assert interpolated(series) is first()
    del series
    gc.collect()
    assert first() is None


def test_a_body_that_leaves_the_picture_has_no_skin_there() -> None:
    series, _ = make_ball(
        make_plane(origin_mm=(-60, -70, 100), spacing_mm=(1.5, 1.0)), HEIGHTS_MM, (90, 70)
    )

    x = skin_of(interpolated(series))[:, 0]
    left, right = -60.0, 9.0
    assert ((x > left - 0.1) & (x < right + 0.1)).all()
    at_the_edge = (x < left + 0.5) | (x > right - 0.5)
    assert at_the_edge.mean() < 0.1
