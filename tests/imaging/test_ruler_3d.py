import pytest

from jrviewer.core.records import Slice
from jrviewer.imaging.ruler_3d import End, NoLengthError, Ruler, RulerLength, ruler_length
from tests.support.record_factory import make_plane, make_slice
from tests.support.series_factory import oblique_plane

IMAGE = make_slice(plane=make_plane(origin_mm=(-10, -20, 30), spacing_mm=(1.5, 1.0)))


def ruler(
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    measured: tuple[bool, bool] = (False, False),
) -> Ruler:
    return Ruler(End(start, measured[0]), End(end, measured[1]))


def refusal(one: Ruler, image: Slice = IMAGE, *, has_surface: bool = False) -> str:
    with pytest.raises(NoLengthError) as caught:
        ruler_length(one, image, has_surface=has_surface)
    return str(caught.value)


def test_between_two_places_of_the_measured_surface_the_length_is_straight_through() -> None:
    one = ruler((0, 0, 0), (20, 30, 60), measured=(True, True))

    assert ruler_length(one, IMAGE, has_surface=True) == RulerLength(70.0, "measured")


def test_in_the_slice_the_length_leaves_the_inferred_depth_out() -> None:
    one = ruler((0, 0, 28), (30, 40, 32.9))

    assert ruler_length(one, IMAGE, has_surface=False) == RulerLength(50.0, "in plane")


def test_in_an_oblique_slice_lengths_are_along_its_own_plane() -> None:
    plane = oblique_plane()
    start = plane.origin_mm + 30 * plane.along_row + 2.0 * plane.normal
    end = plane.origin_mm + 40 * plane.along_column - 2.0 * plane.normal
    one = ruler((start[0], start[1], start[2]), (end[0], end[1], end[2]))

    reading = ruler_length(one, make_slice(plane=plane), has_surface=False)

    assert reading.kind == "in plane"
    assert reading.length_mm == pytest.approx(50.0)


@pytest.mark.parametrize("z", [26.9, 33.1])
def test_an_inferred_point_out_of_the_slice_has_no_length(z: float) -> None:
    assert refusal(ruler((0, 0, 30), (30, 40, z))).startswith("Inferred, not measured:")


def test_one_inferred_end_is_enough_to_refuse_a_length_in_depth() -> None:
    one = ruler((0, 0, 0), (20, 30, 60), measured=(True, False))

    assert refusal(one).startswith("Inferred, not measured:")


def test_a_refusal_says_what_to_do_next() -> None:
    one = ruler((0, 0, 0), (0, 0, 60))

    assert "Load the whole series" in refusal(one)
    assert "Switch the measured surface on" in refusal(one, has_surface=True)


def test_without_a_spacing_there_are_no_millimetres() -> None:
    unknown = make_slice(spacing_source="missing")

    assert "no pixel spacing" in refusal(ruler((0, 0, 0), (1, 0, 0)), unknown)
    assert "no pixel spacing" in refusal(ruler((0, 0, 0), (1, 0, 0), (True, True)), unknown)
