import numpy as np
import pytest

from jrviewer.core.geometry import canonical_box, is_axial, orientation_letters
from tests.support.record_factory import make_plane


def test_pixel_positions_become_patient_millimetres() -> None:
    plane = make_plane(origin_mm=(10, 20, 30), spacing_mm=(2.0, 0.5))

    assert plane.to_patient(np.array([[3.0, 4.0]])).tolist() == [[12.0, 26.0, 30.0]]


def test_patient_millimetres_become_pixel_positions_again() -> None:
    plane = make_plane(origin_mm=(10, 20, 30), spacing_mm=(2.0, 0.5))

    assert plane.to_pixel(np.array([[12.0, 26.0, 99.0]])).tolist() == [[3.0, 4.0]]


def test_box_axes_point_left_back_and_to_the_head_for_an_axial_slice() -> None:
    box = canonical_box(make_plane(), (0, 0))

    assert box.axes.tolist() == np.eye(3).tolist()


def test_a_slice_stored_upside_down_gets_the_same_box_axes() -> None:
    turned = make_plane(along_row=(0, -1, 0), along_column=(-1, 0, 0))

    assert canonical_box(turned, (0, 0)).axes.tolist() == np.eye(3).tolist()


def test_box_coordinates_are_centred_on_the_body_and_scaled_by_224_mm() -> None:
    plane = make_plane(origin_mm=(10, 20, 30), spacing_mm=(2.0, 0.5))
    box = canonical_box(plane, (3.0, 4.0))

    assert box.to_patient(np.array([[1.0, 0.5, -0.25]])).tolist() == [[236.0, 138.0, -26.0]]
    assert box.to_box(np.array([[236.0, 138.0, -26.0]])).tolist() == [[1.0, 0.5, -0.25]]


@pytest.mark.parametrize(("degrees", "axial"), [(0, True), (25, True), (40, False), (90, False)])
def test_a_tilted_gantry_is_axial_and_a_sagittal_slice_is_not(degrees: float, axial: bool) -> None:
    angle = np.deg2rad(degrees)
    plane = make_plane(along_column=(0, np.cos(angle), np.sin(angle)))

    assert is_axial(plane) is axial


@pytest.mark.parametrize(
    ("direction", "letters"),
    [
        ((1, 0, 0), "L"),
        ((0, -1, 0), "A"),
        ((0, 0, 1), "S"),
        ((-0.6, 0.8, 0), "PR"),
        ((0.99, 0.1, 0), "L"),
    ],
)
def test_directions_become_letters(direction: tuple[float, float, float], letters: str) -> None:
    assert orientation_letters(np.array(direction, dtype=float)) == letters
