"""The 3D picture that a worker draws without OpenGL."""

from dataclasses import replace

import numpy as np

from jrviewer.rendering.still import draw_still
from tests.support.cloud_factory import make_cloud_prediction


def test_a_still_shows_the_cloud_and_its_slice_and_is_the_same_every_time() -> None:
    prediction = make_cloud_prediction()

    first, second = (draw_still(prediction, (320, 240)) for _ in range(2))

    assert first is not None
    assert second is not None
    assert first.shape == (240, 320, 3)
    assert np.array_equal(first, second)
    warmth = first[..., 0].astype(int) - first[..., 2]
    assert (warmth > 15).sum() > 1000  # skin and bone
    assert (warmth < -15).sum() > 200  # air


def test_a_heads_skin_is_left_out_unless_asked_for() -> None:
    head = make_cloud_prediction(body_part="HEAD")

    without, with_skin = (draw_still(head, (320, 240), with_skin=one) for one in (None, True))

    assert without is not None
    assert with_skin is not None
    assert not np.array_equal(without, with_skin)
    chest = draw_still(make_cloud_prediction(), (320, 240))
    assert chest is not None
    assert np.array_equal(with_skin, chest)


def test_without_a_cloud_there_is_no_picture() -> None:
    nothing = replace(make_cloud_prediction(cloud=False), sample_dense=None)

    assert draw_still(nothing, (320, 240)) is None


def test_a_cloud_without_millimetres_is_drawn_too() -> None:
    picture = draw_still(make_cloud_prediction(mm=False), (320, 240))

    assert picture is not None
    assert (picture.max(axis=2) > 80).sum() > 1000
