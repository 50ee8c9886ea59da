from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.errors import Cancelled
from jrviewer.core.geometry import FloatArray, Plane
from jrviewer.core.records import Series, Structure, SurfaceMesh
from jrviewer.imaging.measured_surface import Nearest, SurfaceMeasurement
from jrviewer.imaging.volume import NotAVolumeError, require_volume
from tests.support.record_factory import make_plane, make_series, make_slice
from tests.support.series_factory import RADIUS_MM, make_ball, oblique_plane

LEFT, UP = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
FEET_FIRST = make_plane(
    origin_mm=(90, -70, 300), along_row=(-1, 0, 0), along_column=(0, 1, 0), spacing_mm=(1.5, 1.0)
)


def away(measured: SurfaceMesh, centre: FloatArray) -> FloatArray:
    distances: FloatArray = np.linalg.norm(measured.corners_mm - centre, axis=1)
    return distances


def skin_only(measured: SurfaceMesh) -> bool:
    return set(measured.labels.tolist()) == {int(Structure.SKIN)}


@pytest.mark.parametrize(
    "plane",
    [make_plane((-60, -70, 100), spacing_mm=(1.5, 1.0)), FEET_FIRST, oblique_plane()],
    ids=["axial", "feet first", "oblique"],
)
def test_the_surface_of_a_ball_lies_on_its_radius_wherever_its_slices_lie(plane: Plane) -> None:
    series, centre = make_ball(plane)

    measured = SurfaceMeasurement(series)()

    assert skin_only(measured)
    assert np.abs(away(measured, centre) - RADIUS_MM).mean() < 1.0
    assert away(measured, centre).mean() == pytest.approx(RADIUS_MM, abs=0.3)


def test_slices_given_from_head_to_feet_make_the_same_surface() -> None:
    series, _ = make_ball(oblique_plane())
    turned = Series(series.slices[::-1])

    there, back = SurfaceMeasurement(series)(), SurfaceMeasurement(turned)()

    assert there.corners_mm == pytest.approx(back.corners_mm, abs=1e-3)


def test_slices_at_unequal_distances_are_measured_at_their_own_heights() -> None:
    heights = np.cumsum([0, 2, 3, 6, 1, 7, *[4] * 25])
    series, centre = make_ball(heights_mm=heights.astype(float))

    measured = SurfaceMeasurement(series)()

    assert np.abs(away(measured, centre) - RADIUS_MM).mean() < 1.0


def test_a_slice_shifted_by_less_than_a_pixel_is_measured_where_it_lies() -> None:
    plane = make_plane(origin_mm=(-60, -70, 100), spacing_mm=(1.5, 1.0))
    straight, centre = make_ball(plane)
    moved = replace(plane, origin_mm=plane.origin_mm + np.array([0.8, -0.4, 0.0]))
    mixed = Series((*straight.slices[:1], *_around(moved, centre).slices[1:]))

    measured = SurfaceMeasurement(mixed)()

    middle = (measured.corners_mm.max(axis=0) + measured.corners_mm.min(axis=0)) / 2
    assert middle == pytest.approx(centre, abs=0.4)


def _around(plane: Plane, centre: FloatArray) -> Series:
    """Slices like the given plane, at all heights, around a ball at `centre`."""
    from tests.support.series_factory import ball_slice

    heights = np.arange(0, 121, 2.5)
    slices = [ball_slice(plane, height, (90, 130), centre, RADIUS_MM) for height in heights]
    return Series(tuple(slices))


def test_normals_point_out_of_the_body() -> None:
    series, centre = make_ball(oblique_plane())

    measured = SurfaceMeasurement(series)()

    outwards = (measured.corners_mm - centre) / away(measured, centre)[:, None]
    assert (measured.normals * outwards).sum(axis=1).min() > 0.8
    assert np.linalg.norm(measured.normals, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_body_that_leaves_the_pictures_has_no_skin_at_their_edges() -> None:
    series, _ = make_ball(shape=(90, 80))  # 79 mm wide: the ball is cut at both sides

    measured = SurfaceMeasurement(series)()

    x = measured.geometry.to_volume(measured.corners_mm)[:, 0]
    tall = measured.normals @ measured.geometry.axes[0]
    assert x.min() == pytest.approx(0, abs=1e-3)
    assert x.max() == pytest.approx(79, abs=1e-3)
    assert np.abs(tall[(x < 1.0) | (x > 78.0)]).max() < 0.95


def through_a_tube(series: Series, centre: FloatArray, outside: float) -> Series:
    """A round field of 40 mm, off the ball's middle by 20: part of the ball is outside."""
    rows, columns = np.mgrid[:90, :130]
    pixels = np.stack([rows.ravel(), columns.ravel()], axis=1).astype(float)
    places = series[0].plane.to_patient(pixels) - centre + 20.0 * LEFT
    is_in = np.hypot(*places[:, :2].T).reshape(90, 130) <= 40
    cut = [np.where(is_in, one.pixels, np.float32(outside)) for one in series]
    return Series(
        tuple(
            replace(one, pixels=values, padding=outside)
            for one, values in zip(series, cut, strict=True)
        )
    )


@pytest.mark.parametrize("outside", [-2000.0, -3024.0])
def test_a_body_that_leaves_a_round_field_of_view_has_no_skin_at_its_rim(outside: float) -> None:
    series, centre = make_ball()

    measured = SurfaceMeasurement(through_a_tube(series, centre, outside))()

    assert away(measured, centre) == pytest.approx(RADIUS_MM, abs=3.0)
    beyond = (centre + 30.0 * LEFT)[None]
    assert np.isnan(Nearest(measured).distances(beyond)).all()


def test_padding_that_air_has_too_takes_no_skin_away() -> None:
    series, _ = make_ball()
    told = Series(tuple(replace(one, padding=-1000.0) for one in series))

    assert np.array_equal(SurfaceMeasurement(told)().faces, SurfaceMeasurement(series)().faces)


def test_distances_are_those_from_the_surface_in_millimetres() -> None:
    series, centre = make_ball(oblique_plane())
    nearest = Nearest(SurfaceMeasurement(series)())
    ways = np.random.default_rng(1).normal(size=(60, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    # The pictures end 64.5 to 67 mm from the centre, the slices 60 mm.
    outside, inside = centre + 58 * ways, centre + 30 * ways

    assert nearest.distances(outside) == pytest.approx(np.full(60, 8.0), abs=1.7)
    assert nearest.distances(inside) == pytest.approx(np.full(60, 20.0), abs=1.7)


def test_points_beyond_the_slices_that_exist_have_no_distance() -> None:
    plane = make_plane(origin_mm=(-60, -70, 100), spacing_mm=(1.5, 1.0))
    series, centre = make_ball(plane)
    nearest = Nearest(SurfaceMeasurement(series)())
    above, below, last = centre + 60.5 * UP, centre - 60.5 * UP, centre + 59.9 * UP
    beside = centre + 65.0 * LEFT

    found = nearest.distances(np.stack([above, below, beside, last]))

    assert np.isnan(found).tolist() == [True, True, True, False]
    assert found[3] == pytest.approx(9.9, abs=1.0)


def test_no_surface_is_claimed_and_no_distance_told_in_a_gap() -> None:
    heights = np.array([*range(0, 45, 3), *range(63, 121, 3)], dtype=float)  # 42 … 63 is missing
    series, centre = make_ball(heights_mm=heights)

    measured = SurfaceMeasurement(series)()
    z = measured.geometry.to_volume(measured.corners_mm)[:, 2]
    in_gap, beside_gap = centre - 8.0 * UP, centre + 8.0 * UP

    assert measured.geometry.gaps == 1
    assert not ((z > 46) & (z < 59)).any()
    assert ((z > 10) & (z < 42)).any()
    assert np.isnan(Nearest(measured).distances(np.stack([in_gap, beside_gap]))).tolist() == [
        True,
        False,
    ]


def test_a_cancelled_measurement_goes_on_where_it_was() -> None:
    series, _ = make_ball()
    measuring = SurfaceMeasurement(series)
    asked = []

    def report(fraction: float, what: str) -> None:
        asked.append(fraction)
        if len(asked) == 20:
            raise Cancelled

    with pytest.raises(Cancelled):
        measuring(report)
    stopped_at = asked[-1]
    asked.clear()
    measured = measuring(lambda fraction, what: asked.append(fraction))

    assert asked[1] >= stopped_at > 0
    assert np.array_equal(measured.corners_mm, SurfaceMeasurement(series)().corners_mm)


def test_progress_never_runs_backwards() -> None:
    fractions: list[float] = []

    SurfaceMeasurement(make_ball()[0])(lambda fraction, what: fractions.append(fraction))

    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1


def refusal(series: Series) -> str:
    with pytest.raises(NotAVolumeError) as caught:
        require_volume(series)
    return str(caught.value)


def test_one_slice_has_no_measured_surface() -> None:
    assert "one slice holds no depth" in refusal(make_series(1))


def test_a_few_slices_are_too_few() -> None:
    assert "7 slices are too few, 8 are needed" in refusal(make_series(7))


def test_eight_slices_are_enough() -> None:
    assert len(require_volume(make_series(8)).heights_mm) == 8


def test_mr_has_no_measured_surface() -> None:
    stored = make_slice(unit="stored", modality="MR")

    assert "MR has no Hounsfield units" in refusal(Series((stored,) * 9))


def test_without_a_spacing_nothing_is_measured() -> None:
    assert "no pixel spacing" in refusal(Series((make_slice(spacing_source="missing"),) * 9))


def test_without_positions_nothing_is_measured() -> None:
    nowhere = [replace(one, has_position=False) for one in make_series(9)]

    assert "where the slices lie" in refusal(Series(tuple(nowhere)))


def test_a_tilted_gantry_is_refused() -> None:
    tilted = [
        replace(one, plane=make_plane((0, 0.5 * place, 5.0 * place), spacing_mm=(3.0, 3.0)))
        for place, one in enumerate(make_series(12))
    ]

    assert "tilted gantry" in refusal(Series(tuple(tilted)))


def test_slices_that_are_not_parallel_are_refused() -> None:
    slices = list(make_series(9))
    turned = replace(slices[4].plane, along_row=np.array([0.99995, 0.01, 0.0]))
    slices[4] = replace(slices[4], plane=turned)

    assert "not parallel" in refusal(Series(tuple(slices)))


def test_slices_in_one_place_are_refused() -> None:
    slices = list(make_series(9))
    slices[4] = replace(slices[4], plane=slices[3].plane)

    assert "in the same place" in refusal(Series(tuple(slices)))


def test_slices_too_far_apart_are_refused() -> None:
    assert "too far apart" in refusal(make_series(12, step_mm=10.0))


def test_a_series_without_a_body_is_refused() -> None:
    air = [make_slice(np.full((64, 64), -1000.0), one.plane) for one in make_series(9)]

    with pytest.raises(NotAVolumeError, match="no body was found"):
        SurfaceMeasurement(Series(tuple(air)))()


@pytest.mark.shared
def test_a_real_chest_with_gaps_is_measured_between_its_slices(shared: Path) -> None:
    from jrviewer import dicom

    series = max(dicom.read([shared / "data" / "dicom" / "LIDC-IDRI-0001"]).series, key=len)

    measured = SurfaceMeasurement(series)()

    assert measured.geometry.gaps == 6
    assert {int(label) for label in measured.labels} == {0, 1, 2}
    middles = measured.corners_mm[measured.faces].mean(axis=1)
    assert measured.geometry.covers(measured.geometry.to_volume(middles)).mean() > 0.999
