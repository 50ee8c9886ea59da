from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.geometry import VolumeGeometry, canonical_box
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, Structure, SurfaceMesh
from jrviewer.imaging.structures import may_show_face, shows_face, surface_shows_head, why_face
from tests.support.record_factory import (
    make_normalized_cloud,
    make_plane,
    make_prediction,
    make_slice,
)


def outline(width_mm: float, length_mm: float, body_part: str = "") -> Prediction:
    """An ellipse of skin around the slice's body."""
    slice_ = make_slice()
    slice_ = replace(slice_, acquisition=replace(slice_.acquisition, body_part=body_part))
    box = canonical_box(slice_.plane, (64, 64))
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    ring = np.stack([np.cos(angle) * width_mm, np.sin(angle) * length_mm, 0 * angle], axis=1) / 2
    cloud = Cloud(
        points=(box.centre_mm + ring).astype(np.float32),
        labels=np.full(400, Structure.SKIN, dtype=np.uint8),
        sigma=np.ones(400, dtype=np.float32),
        unit="mm",
        box=box,
        normals=(ring / np.linalg.norm(ring, axis=1, keepdims=True)).astype(np.float32),
    )
    return make_prediction(slice_, cloud)


@pytest.mark.parametrize("body_part", ["HEAD", "Brain", "HEAD NECK", "SINUSES", "EAR", "L EAR"])
def test_a_named_head_shows_a_face(body_part: str) -> None:
    assert shows_face(outline(400, 250, body_part))


@pytest.mark.parametrize("body_part", ["CHEST", "HEART", "ABDOMEN", "NECK"])
def test_another_named_part_with_an_outline_of_its_own_shows_none(body_part: str) -> None:
    assert not shows_face(outline(380, 250, body_part))


@pytest.mark.parametrize("body_part", ["FOREARM", "THIGH", "LEG", "L ARM", "LOWER EXTREMITY"])
def test_a_named_limb_shows_none_whatever_its_outline(body_part: str) -> None:
    assert not shows_face(outline(150, 190, body_part))


@pytest.mark.parametrize(
    "body_part",
    ["WHOLEBODY", "NECK", "CSPINE", "CHEST", "PHARMACY", "VERTEX TO THIGH", "BODY AND LEGS"],
)
def test_a_head_in_a_series_that_is_called_otherwise_shows_a_face(body_part: str) -> None:
    assert why_face(outline(150, 190, body_part)) == "outline"


@pytest.mark.parametrize(
    ("width_mm", "length_mm", "face"),
    [(150, 190, True), (380, 250, False), (180, 140, False), (60, 80, False)],
)
def test_an_unnamed_part_is_told_by_its_outline(
    width_mm: float, length_mm: float, face: bool
) -> None:
    assert shows_face(outline(width_mm, length_mm)) is face


def with_pixels(width_mm: float, length_mm: float, *sides_mm: float) -> Prediction:
    """A slice with an ellipse of tissue and arms of 90 mm at its sides, and the skin of all."""
    x = np.arange(-200.0, 200.0)[np.newaxis]
    y = np.arange(-200.0, 200.0)[:, np.newaxis]
    inside = (2 * x / width_mm) ** 2 + (2 * y / length_mm) ** 2 < 1
    for side in sides_mm:
        inside |= (x - side) ** 2 + (y + 60) ** 2 < 45**2
    shown = make_slice(np.where(inside, 40.0, -1000.0), make_plane(spacing_mm=(1.0, 1.0)))
    return replace(outline(400, 250), slice=shown)


def test_a_head_between_raised_arms_shows_a_face() -> None:
    assert shows_face(with_pixels(150, 190, -150, 150))


def test_a_chest_beside_its_arms_and_a_lone_arm_show_none() -> None:
    assert not shows_face(with_pixels(210, 230, -165, 165))
    assert not shows_face(with_pixels(250, 220))
    assert not shows_face(with_pixels(80, 95))


def test_without_a_size_an_unnamed_part_counts_as_a_face() -> None:
    cloud = make_normalized_cloud(make_slice().plane)

    assert shows_face(make_prediction(cloud=cloud))


def test_the_reason_tells_a_name_an_outline_and_no_size_apart() -> None:
    sizeless = make_prediction(cloud=make_normalized_cloud(make_slice().plane))

    assert why_face(outline(400, 250, "HEAD")) == "named"
    assert why_face(outline(150, 190)) == "outline"
    assert why_face(sizeless) == "no spacing"
    assert why_face(outline(380, 250)) == ""


def test_without_a_cloud_there_is_no_face() -> None:
    assert not shows_face(replace(make_prediction(), cloud=None))


@pytest.mark.parametrize(("body_part", "face"), [("", True), ("HEAD", True), ("CHEST", False)])
def test_pixels_of_which_nothing_tells_may_show_a_face(body_part: str, face: bool) -> None:
    told = replace(outline(150, 190, body_part), cloud=None, no_cloud_reason="A test has none.")

    assert may_show_face(told) is face


def tube(
    width_mm: float, length_mm: float, height_mm: float, left_mm: float = 0.0
) -> list[list[float]]:
    """Corners on an upright tube with an elliptic cut."""
    around = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    return [
        [left_mm + width_mm / 2 * np.cos(angle), length_mm / 2 * np.sin(angle), height]
        for height in np.arange(0.0, height_mm, 3.0)
        for angle in around
    ]


def skin_of(*tubes: list[list[float]]) -> SurfaceMesh:
    corners = np.concatenate([np.array(one, np.float32) for one in tubes])
    return SurfaceMesh(
        corners,
        np.zeros_like(corners),
        np.arange(len(corners) // 3 * 3, dtype=np.int32).reshape(-1, 3),
        np.zeros(len(corners) // 3, np.uint8),
        VolumeGeometry(np.zeros(3), np.eye(3), (500.0, 500.0), np.arange(0.0, 90.0, 3.0)),
        (3.0, 3.0, 3.0),
    )


def test_a_surface_with_the_size_and_shape_of_a_head_may_show_a_face() -> None:
    head, arms = tube(150, 190, 60), [tube(90, 90, 60, left_mm=side) for side in (-180, 180)]

    assert surface_shows_head(skin_of(head))
    assert surface_shows_head(skin_of(head, *arms))
    assert not surface_shows_head(skin_of(tube(330, 220, 60), *arms))  # a chest
    assert not surface_shows_head(skin_of(tube(150, 190, 20)))  # a few slices of anything


def test_a_surface_without_skin_shows_no_head() -> None:
    bone = replace(skin_of(tube(150, 190, 60)), labels=np.ones(600, np.uint8))

    assert not surface_shows_head(bone)
