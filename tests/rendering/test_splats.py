"""How a point of the cloud looks: its size, softness and ink are what is known of it."""

from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray, canonical_box
from jrviewer.core.records import Cloud, Structure
from jrviewer.rendering.look import Look
from jrviewer.rendering.splats import SOFTNESSES, Eye, Quads, Splats, atlas, quads_seen, splats_of
from tests.support.cloud_factory import make_cloud_prediction
from tests.support.record_factory import make_plane

FRONT = Eye(np.array([0.0, -500.0, 0.0]), np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]))
SKIN, BONE, AIR = (int(structure) for structure in Structure)


def splats(
    sigma: list[float],
    normal: tuple[float, float, float] = (0, -1, 0),
    label: int = BONE,
    places: list[tuple[float, float, float]] | None = None,
    look: Look | None = None,
) -> Splats:
    count, rest = len(sigma), 4096 - len(sigma)
    shown = np.array(places or [(0, 10 * i, 0) for i in range(count)], dtype=np.float32)
    cloud = Cloud(
        np.concatenate([shown, np.zeros((rest, 3), np.float32)]),
        np.full(4096, label, np.uint8),
        np.array(sigma + [1.0] * rest, dtype=np.float32),
        "mm",
        canonical_box(make_plane(), (64, 64)),
        np.tile(np.array(normal, np.float32), (4096, 1)),
    )
    return splats_of(cloud, np.arange(count), np.full((count, 3), 200, np.uint8), look or Look())


def seen(which: Splats, eye: Eye = FRONT) -> Quads:
    return quads_seen(which, eye, 1.0, np.ones(len(which), bool))[0]


def extents(quads: Quads) -> FloatArray:
    """Width and height (N, 2) of each square."""
    corners = quads.corners.reshape(-1, 4, 3)
    return np.asarray(np.ptp(corners, axis=1)[:, [0, 2]])


def test_a_doubtful_point_is_larger_paler_and_softer_than_a_certain_one() -> None:
    made = splats([1.0, 10.0])

    quads = seen(made)

    certain, doubtful = 1, 0  # the second lies farther back, so it is drawn first
    assert (extents(quads)[doubtful] > 1.2 * extents(quads)[certain]).all()
    opacity = quads.colours.reshape(-1, 4, 4)[:, 0, 3]
    assert opacity[certain] == 255
    assert opacity[doubtful] < 200
    first_column = quads.textures.reshape(-1, 4, 2)[:, 0, 0]
    assert first_column[certain] == 0
    assert first_column[doubtful] == pytest.approx((SOFTNESSES - 1) / SOFTNESSES)


def test_a_certain_point_seen_from_its_edge_is_thin_and_a_doubtful_one_is_not() -> None:
    across, _ = extents(seen(splats([0.5], normal=(1, 0, 0)))).T
    face, _ = extents(seen(splats([0.5]))).T
    mist, _ = extents(seen(splats([20.0], normal=(1, 0, 0)))).T

    assert across[0] < 0.35 * face[0]
    assert mist[0] > 0.6 * extents(seen(splats([20.0])))[0, 0]


def test_a_turned_disc_is_drawn_along_its_own_axis() -> None:
    quads = seen(splats([0.5], normal=(0.7071, 0, 0.7071)))

    corners = quads.corners.reshape(4, 3)[:, [0, 2]]
    away = corners - corners.mean(axis=0)
    along, across = away @ [0.7071, -0.7071], away @ [0.7071, 0.7071]
    assert np.ptp(along) > 3 * np.ptp(across)


def test_the_farthest_comes_first_and_what_is_behind_the_viewer_not_at_all() -> None:
    made = splats([1.0] * 4, places=[(0, 50, 0), (0, -100, 0), (0, 300, 0), (0, -900, 0)])

    corners = seen(made).corners.reshape(-1, 4, 3)

    assert corners.mean(axis=1)[:, 1].round().tolist() == [300, 50, -100]


def test_bone_is_opaque_skin_a_shell_and_air_open_to_the_viewer() -> None:
    def opacity(label: int, normal: tuple[float, float, float]) -> float:
        return float(seen(splats([1.0], normal, label)).colours[0, 3]) / 255

    towards, edge, away = (0, -1, 0), (1, 0, 0), (0, 1, 0)
    assert opacity(BONE, towards) == opacity(BONE, away) == 1
    assert opacity(SKIN, towards) < 0.2 < opacity(SKIN, edge)
    assert opacity(AIR, towards) < 0.3 < 0.8 < opacity(AIR, away)


def test_a_certain_bone_is_brighter_towards_the_light_and_mist_is_lit_evenly() -> None:
    def brightness(sigma: float, normal: tuple[float, float, float]) -> int:
        return int(seen(splats([sigma], normal)).colours[0, 0])

    lit, unlit = (-0.35, -0.79, 0.5), (0.9, -0.1, -0.42)
    assert brightness(1.0, lit) > brightness(1.0, unlit) + 60
    assert brightness(40.0, lit) - brightness(40.0, unlit) < 40


def test_farther_points_sink_into_the_background() -> None:
    made = splats([1.0] * 3, places=[(0, -50, 0), (0, 0, 0), (0, 50, 0)])

    far, _, near = seen(made).colours.reshape(-1, 4, 4)[:, 0, 0].tolist()

    assert far < 0.6 * near


def test_ink_that_is_left_fades_every_point_alike_and_none_at_last() -> None:
    made = splats([1.0, 3.0])
    all_of_them = np.ones(2, bool)

    (half,) = quads_seen(made, FRONT, 0.5, all_of_them)

    assert half.colours[4, 3] == pytest.approx(128, abs=1)
    assert len(quads_seen(made, FRONT, 0.0, all_of_them)[0].corners) == 0


def test_the_radius_of_a_certain_point_is_chosen_in_millimetres() -> None:
    small, large = (splats([1.0], look=Look(radius_mm=radius)).radii[0] for radius in (3.0, 6.0))

    assert large == pytest.approx(2 * small)


def test_a_sparse_cloud_has_larger_points_so_that_its_surfaces_close() -> None:
    prediction = make_cloud_prediction()
    sparse, dense = prediction.cloud, prediction.compute_dense_cloud()
    assert sparse is not None
    assert dense is not None

    of_sparse, of_dense = (
        splats_of(
            replace(one, sigma=np.ones(len(one), np.float32)),
            np.arange(4),
            np.zeros((4, 3), np.uint8),
            Look(),
        ).radii[0]
        for one in (sparse, dense)
    )

    assert of_sparse == pytest.approx(2 * of_dense)


def test_the_atlas_goes_from_a_hard_disc_to_a_soft_one() -> None:
    discs = atlas(32)[..., 3].reshape(32, SOFTNESSES, 32).transpose(1, 0, 2).astype(float)

    middle = discs[:, 16, 16:]
    assert (middle[:, 0] > 240).all()
    assert (middle[:, -1] < 30).all()
    assert middle[0, 8] > 240  # halfway out
    assert middle[-1, 8] < 140
    assert set(np.unique(atlas(32, is_hard=True)[..., 3])) == {0, 255}
