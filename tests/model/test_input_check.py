from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.records import Finding, Slice
from jrviewer.imaging.body_masks import body_mask
from jrviewer.model.input_check import check, check_canonical
from tests.support.record_factory import body_image, make_plane, make_slice


def findings(image: Slice) -> tuple[Finding, ...]:
    return check(image, body_mask(image.pixels, image.unit, image.plane.spacing_mm))


def levels(image: Slice) -> set[str]:
    return {finding.level for finding in findings(image)}


def said(image: Slice) -> str:
    return " ".join(finding.sentence for finding in findings(image))


def about(**changes: object) -> Slice:
    image = make_slice()
    return replace(image, acquisition=replace(image.acquisition, **changes))  # type: ignore[arg-type]


def test_nothing_speaks_against_a_usual_slice() -> None:
    assert findings(make_slice()) == ()


def test_another_modality_is_red_and_named() -> None:
    assert levels(about(modality="US")) == {"red"}
    assert "US" in said(about(modality="US"))


def test_a_localiser_is_red() -> None:
    assert "red" in levels(about(image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")))


def test_a_colour_image_is_red() -> None:
    image = replace(make_slice(), colour=np.zeros((128, 128, 3), np.uint8))

    assert "red" in levels(image)


def test_ct_without_hounsfield_units_is_red() -> None:
    assert "red" in levels(make_slice(pixels=body_image() + 1024, unit="stored"))


def test_values_that_are_no_hounsfield_units_are_red() -> None:
    assert "red" in levels(make_slice(pixels=body_image() + 1024))


def test_a_strip_is_red_and_a_small_picture_amber() -> None:
    strip = make_slice(body_image(9, 512), make_plane(spacing_mm=(30.0, 0.7)))
    small = make_slice(body_image(32, 32), make_plane(spacing_mm=(10.0, 10.0)))

    assert "9 × 512 pixels" in said(strip)
    assert "red" in levels(strip)
    assert "fewer pixels" in said(small)
    assert "red" not in levels(small)


def test_an_inverted_slice_is_red() -> None:
    assert "red" in levels(make_slice(pixels=-body_image()))


def test_air_alone_is_red() -> None:
    assert "red" in levels(make_slice(pixels=np.full((128, 128), -1000.0)))


@pytest.mark.parametrize(
    ("image", "word"),
    [
        (about(lossy="ratio 10"), "loss"),
        (about(image_type=("DERIVED", "SECONDARY")), "derived"),
        (make_slice(spacing_source="missing"), "spacing"),
        (make_slice(spacing_source="detector"), "detector"),
        (make_slice(plane=make_plane(along_column=(0, 0, 1), spacing_mm=(3.0, 3.0))), "axial"),
        (replace(make_slice(), has_position=False), "assumed"),
    ],
)
def test_what_weakens_a_result_is_amber_and_said(image: Slice, word: str) -> None:
    assert levels(image) == {"amber"}
    assert word in said(image)


@pytest.mark.parametrize(
    "spacing_mm",
    [(0.003, 0.003), (0.3, 0.3), (3 / 25.4, 3 / 25.4), (30.0, 30.0), (3000.0, 3000.0), (3, 0.3)],
)
def test_a_spacing_in_a_wrong_unit_is_never_green(spacing_mm: tuple[float, float]) -> None:
    image = make_slice(plane=make_plane(spacing_mm=spacing_mm))

    assert levels(image) & {"amber", "red"}


def cut_to(rows: slice, columns: slice) -> Slice:
    return make_slice(pixels=np.ascontiguousarray(body_image()[rows, columns]))


def test_a_body_that_the_field_of_view_cuts_off_is_amber() -> None:
    image = cut_to(slice(0, 128), slice(32, 96))

    assert levels(image) == {"amber"}
    assert "cuts the body off" in said(image)


def test_a_picture_without_any_air_is_amber_and_not_called_cut() -> None:
    image = make_slice(pixels=np.where(body_image() < -500, 20.0, body_image()))

    assert levels(image) == {"amber"}
    assert "no air" in said(image)
    assert "cuts" not in said(image)


def shell(*, hu: float) -> Slice:
    """A ring 5 pixels thick, open to one side, whose inner half is soft tissue."""
    rows, columns = np.mgrid[:128, :128] - 64
    distance = np.hypot(rows, columns)
    is_wall = (distance > 45) & (distance < 50) & ~((rows < 0) & (np.abs(columns) < 6))
    return make_slice(pixels=np.where(is_wall, np.where(distance > 47.5, hu, 40.0), -1000.0))


def test_a_skull_without_its_contents_is_amber_and_flat_soft_tissue_is_not() -> None:
    assert levels(shell(hu=600)) == {"amber"}
    assert "specimen" in said(shell(hu=600))
    assert "specimen" not in said(shell(hu=40))


def askew() -> np.ndarray:
    """A body whose one side is the lower half of it, down to the picture's edge."""
    pixels = np.full((128, 128), -1000.0)
    pixels[20:128, 60:80] = 40.0
    pixels[20:60, 30:60] = 40.0
    return pixels


def test_unlike_sides_count_where_the_body_leaves_the_picture() -> None:
    assert "no two like sides" in said(make_slice(pixels=askew()))
    within = askew()
    within[120:] = -1000.0
    assert findings(make_slice(pixels=within)) == ()


def test_the_two_sides_are_the_patient_s_however_the_picture_is_turned() -> None:
    plane = make_plane(along_row=(0, 1, 0), along_column=(1, 0, 0))
    turned = make_slice(pixels=np.ascontiguousarray(askew().T), plane=plane)

    assert "no two like sides" in said(turned)


def test_tissues_with_their_usual_values_are_hounsfield_units() -> None:
    assert [*check_canonical(body_image())] == []


def test_water_in_a_bottle_is_amber_and_an_even_body_with_bone_is_not() -> None:
    image = np.where(body_image() > -500, 5.0, -1000.0)

    (found,) = check_canonical(image)

    assert found.level == "amber"
    assert "no anatomy" in found.sentence
    assert [*check_canonical(np.where(body_image() > 500, 600.0, image))] == []


def test_a_picture_without_a_body_says_nothing_of_its_tissues() -> None:
    assert [*check_canonical(np.full((128, 128), -1000.0))] == []


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_tissues_that_lie_elsewhere_are_amber(factor: float) -> None:
    """As MR that was scaled to begin at −1000."""
    image = (body_image() + 1000.0) * factor - 1000.0

    found = [*check_canonical(image)]

    assert {one.level for one in found} == {"amber"}
    assert any("another unit" in one.sentence for one in found)
