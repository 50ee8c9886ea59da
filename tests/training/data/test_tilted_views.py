from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.imaging.body_masks import body_centre, body_mask
from jrviewer.imaging.measured_surface import Surface
from tests.training.support.bodies import make_volume
from training.data.tilted_views import (
    MOST_DEGREES,
    OFTENER,
    Tilt,
    drawn,
    tilted_surface,
    tilted_views,
)
from training.data.true_surfaces import surface_of
from training.data.views import View, view, write_pool
from training.data.volumes import Volume

CENTRE = np.array([10.0, -20.0, 30.0])


@cache
def straight_body() -> Volume:
    """A body with a bone and a gas-filled bowel, the same in all of 80 slices of 2.5 mm."""
    voxels = np.full((80, 90, 110), -1000, dtype=np.int16)
    rows, columns = np.mgrid[:90, :110]
    column = 55
    for layer in voxels:
        layer[np.hypot((rows - 45) / 30, (columns - column) / 40) < 1] = 40
        layer[np.hypot(rows - 60, columns - column) < 5] = 800
        layer[np.hypot(rows - 35, columns - column - 12) < 6] = -900
    return make_volume(voxels, (2.5, 3.0, 3.0))


@cache
def body_surface() -> Surface:
    return surface_of(straight_body())


@cache
def body_views() -> list[View]:
    return made(straight_body())


def made(volume: Volume) -> list[View]:
    return [*tilted_views(volume, body_surface(), 60.0)]


def of(one: View, label: int) -> FloatArray:
    return np.asarray(one.points[one.labels == label] * 224)


def test_a_tilt_has_an_inverse_and_leaves_its_centre_unchanged() -> None:
    tilt = drawn(CENTRE, np.random.default_rng(3))
    places = np.random.default_rng(0).normal(0, 100, (50, 3))

    assert tilt.scanned(tilt.tilted(places)) == pytest.approx(places)
    assert tilt.scanned(CENTRE) == pytest.approx(CENTRE)


def test_tilts_differ_and_stay_within_ten_degrees() -> None:
    random = np.random.default_rng(0)
    leans = [np.degrees(np.arccos(drawn(CENTRE, random).turn[2, 2])) for _ in range(200)]

    assert max(leans) <= MOST_DEGREES
    assert np.std(leans) > 2.0


def test_truth_points_lie_where_the_tilted_image_shows_them() -> None:
    for one in body_views():
        inside = (np.abs(np.indices((128, 128)) - 63.5) < [[[18]], [[25]]]).all(axis=0)
        near = np.abs(one.points[:, 2] * 224) < 2.0
        for label, shown in ((1, one.image > 400), (2, one.image < -500)):
            row, column = (np.argwhere(shown & inside).mean(axis=0) + 0.5) / 64 - 1
            points = one.points[near & (one.labels == label)]
            x, y, _ = (points.max(axis=0) + points.min(axis=0)) / 2

            assert (x * 224, y * 224) == pytest.approx((column * 224, row * 224), abs=4.0)


def test_a_straight_body_leans_in_a_tilted_volume() -> None:
    def lean(one: View) -> float:
        """By how much the bone's middle moves aside a millimetre of depth."""
        bone = of(one, 1)
        slopes = [np.polyfit(bone[:, 2], bone[:, axis], 1)[0] for axis in (0, 1)]
        return float(np.hypot(*slopes))

    straight = view(straight_body(), body_surface(), 40)
    assert straight is not None
    leans = [lean(one) for one in body_views()]

    assert lean(straight) < 0.01
    assert max(leans) > 0.04
    assert max(leans) < np.tan(np.radians(MOST_DEGREES)) + 0.02


def test_no_truth_lies_beyond_the_existing_slices() -> None:
    for one in body_views():
        low, high = one.z_range
        assert low - 1e-3 <= one.points[:, 2].min()
        assert one.points[:, 2].max() <= high + 1e-3


def test_a_surface_is_cut_where_a_tilted_slice_would_miss_some_of_the_body() -> None:
    surface = body_surface()
    eight = np.radians(8.0)
    turn = np.array(
        [[np.cos(eight), 0, np.sin(eight)], [0, 1, 0], [-np.sin(eight), 0, np.cos(eight)]]
    )
    tilt = Tilt(np.array([165.0, 135.0, 100.0]), turn)

    low, high = tilted_surface(surface, tilt).z_range_mm

    width = 120 * np.cos(eight)  # of half the body, which lies at this angle
    assert high == pytest.approx(100 + (97.5 - width * np.sin(eight)) / np.cos(eight), abs=3.0)
    assert low == pytest.approx(100 - (100 - width * np.sin(eight)) / np.cos(eight), abs=3.0)


def test_the_same_volume_gives_the_same_planes() -> None:
    volume = straight_body()
    first, second = body_views(), [*tilted_views(volume, surface_of(volume), 60.0)]

    assert len(first) == len(second) > 2
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))
    assert all(np.array_equal(a.points, b.points) for a, b in zip(first, second, strict=True))


def test_regions_with_few_patients_give_more_planes() -> None:
    few = straight_body()
    many = replace(few, entry=replace(few.entry, region="head-neck"))

    assert OFTENER["chest"] > 1
    assert len(body_views()) > 2 * len(made(many)) > 0


def test_a_tilted_plane_holds_the_body_whole() -> None:
    straight = view(straight_body(), body_surface(), 40)
    assert straight is not None
    for one in body_views():
        mask = body_mask(one.image, "HU", (3.5, 3.5))
        whole = body_mask(straight.image, "HU", (3.5, 3.5))

        assert body_centre(mask) == pytest.approx((63.5, 63.5), abs=2.0)
        assert mask.sum() == pytest.approx(whole.sum(), rel=0.05)


def test_a_pool_of_tilted_planes_lists_its_volumes(tmp_path: Path) -> None:
    volume = straight_body()
    (tmp_path / "data" / "volumes").mkdir(parents=True)
    np.savez(
        tmp_path / "data" / "volumes" / "chest_made.npz",
        volume=volume.voxels,
        spacing=volume.spacing_mm,
        modality="CT",
        region="chest",
    )

    count = write_pool(tmp_path / "data", "train", tmp_path / "out", 60.0, make=tilted_views)

    assert count == len(body_views()) > 0
