from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.geometry import canonical_box
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, Structure
from jrviewer.imaging.structures import may_show_face, shows_face, why_face
from tests.support.record_factory import make_normalized_cloud, make_prediction, make_slice


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


@pytest.mark.parametrize("body_part", ["CHEST", "HEART", "ABDOMEN", "FOREARM"])
def test_another_named_part_shows_none(body_part: str) -> None:
    assert not shows_face(outline(150, 190, body_part))


@pytest.mark.parametrize(
    ("width_mm", "length_mm", "face"),
    [(150, 190, True), (380, 250, False), (180, 140, False), (60, 80, False)],
)
def test_an_unnamed_part_is_told_by_its_outline(
    width_mm: float, length_mm: float, face: bool
) -> None:
    assert shows_face(outline(width_mm, length_mm)) is face


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
