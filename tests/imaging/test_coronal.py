"""The small coronal picture of a series."""

import numpy as np

from jrviewer.imaging.coronal import coronal_picture
from jrviewer.imaging.measured_surface import SurfaceMeasurement
from tests.support.record_factory import make_plane
from tests.support.series_factory import make_ball


def test_a_ball_is_a_disc_in_millimetres_with_the_lowest_slice_first() -> None:
    series, centre = make_ball()
    work = SurfaceMeasurement(series)
    work()

    picture = coronal_picture(work)

    assert picture is not None
    assert len(picture.grey) == len(picture.heights_mm) == len(series)
    assert (np.diff(picture.heights_mm) > 0).all()
    step_mm = picture.width_mm / picture.grey.shape[1]
    bright = picture.grey > 100
    heights = picture.heights_mm[bright.any(axis=1)]
    across = bright.any(axis=0).sum() * step_mm
    middle = float(picture.heights_of(centre[None])[0])
    assert abs((heights[0] + heights[-1]) / 2 - middle) < 3
    assert abs(np.ptp(heights) - across) < 8
    assert (picture.top, picture.bottom) == ("S", "I")


def test_the_height_of_a_slice_is_that_of_its_row() -> None:
    series, _ = make_ball()
    work = SurfaceMeasurement(series)
    work()

    picture = coronal_picture(work)

    assert picture is not None
    third = series[2].plane.origin_mm[None]
    assert abs(float(picture.heights_of(third)[0]) - picture.heights_mm[2]) < 1e-6


def test_slices_along_the_body_have_no_coronal_picture() -> None:
    sagittal = make_plane(
        origin_mm=(-60, -70, 100),
        spacing_mm=(1.5, 1.0),
        along_row=(0, 1, 0),
        along_column=(0, 0, -1),
    )
    work = SurfaceMeasurement(make_ball(sagittal)[0])
    work()

    assert coronal_picture(work) is None


def test_before_the_surface_is_measured_there_is_none() -> None:
    assert coronal_picture(SurfaceMeasurement(make_ball()[0])) is None
