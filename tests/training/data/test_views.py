import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from tests.training.support.bodies import make_volume
from training.data.true_surfaces import surface_of
from training.data.views import View, read_pool, slice_indices, view, volume_plane, write_pool
from training.data.volumes import Volume, catalogue, load

BODY_INSIDE = (np.abs(np.indices((128, 128)) - 63.5) < [[[10]], [[15]]]).all(axis=0)


def lopsided(*, mirrored: bool = False) -> Volume:
    """A body with bone at its left and front and a lung at its right and back; 17 slices of 5 mm.

    Body: rows 20–59 of 2 mm, columns 30–109 of 1.5 mm.
    """
    layer = np.full((80, 140), -1000, dtype=np.int16)
    layer[20:60, 30:110] = 40
    layer[24:36, 80:100] = 800
    layer[40:54, 40:60] = -850
    if mirrored:
        layer = layer[:, ::-1]
    return make_volume(np.repeat(layer[np.newaxis], 17, axis=0), (5.0, 2.0, 1.5))


def made(volume: Volume, index: int = 8, count: int = 6000) -> View:
    result = view(volume, surface_of(volume), index, count=count)
    assert result is not None
    return result


def middle(points: FloatArray) -> FloatArray:
    return np.asarray((points.max(axis=0) + points.min(axis=0)) / 2)


def test_the_skin_is_centred_on_the_box() -> None:
    one = made(lopsided())

    assert middle(one.points[one.labels == 0]) * 224 == pytest.approx([0, 0, 0], abs=1.0)


def test_truth_points_lie_where_the_image_shows_them() -> None:
    one = made(lopsided())
    for label, structure in ((1, one.image > 400), (2, one.image < -500)):
        inside = structure & BODY_INSIDE
        row, column = (middle(np.argwhere(inside).astype(float)) + 0.5) / 64 - 1
        x, y, _ = middle(one.points[one.labels == label])

        assert (x * 224, y * 224) == pytest.approx((column * 224, row * 224), abs=3.0)


def test_bone_at_the_left_and_front_has_positive_x_and_negative_y() -> None:
    one = made(lopsided())
    x, y, _ = middle(one.points[one.labels == 1]) * 224

    assert (x, y) == pytest.approx(((89.5 - 69.5) * 1.5, (29.5 - 39.5) * 2), abs=1.5)


def test_a_mirrored_volume_has_a_mirrored_image_and_truth() -> None:
    straight, mirrored = made(lopsided()), made(lopsided(mirrored=True))
    bone, other = (one.points[one.labels == 1] for one in (straight, mirrored))

    assert np.allclose(straight.image, mirrored.image[:, ::-1], atol=1.0)
    assert middle(other) * 224 == pytest.approx(middle(bone) * [-224, 224, 224], abs=1.0)


def test_the_range_of_existing_slices_ends_at_the_volume_or_the_box() -> None:
    volume = lopsided()

    assert made(volume, 0).z_range == pytest.approx((0, 64 / 224))
    assert made(volume, 10).z_range == pytest.approx((-50 / 224, 30 / 224))


def test_truth_points_lie_within_the_existing_slices() -> None:
    one = made(lopsided(), 10)

    assert one.points[:, 2].min() >= one.z_range[0] - 1e-6
    assert one.points[:, 2].max() <= one.z_range[1] + 1e-6


def test_a_slice_without_a_body_has_no_view() -> None:
    volume = lopsided()
    voxels = volume.voxels.copy()
    voxels[:3] = -1000

    assert view(replace(volume, voxels=voxels), surface_of(volume), 1) is None


def test_a_slice_that_is_not_whole_has_no_view() -> None:
    volume = lopsided()
    voxels = volume.voxels.copy()
    voxels[:3, 30:] = -1000
    blanked = replace(volume, voxels=voxels)

    assert view(blanked, surface_of(blanked), 2) is None
    assert view(blanked, surface_of(blanked), 3) is not None


def test_the_same_seed_gives_the_same_view() -> None:
    assert np.array_equal(made(lopsided()).points, made(lopsided()).points)


def test_slices_are_chosen_about_a_step_apart_and_balanced_between_the_ends() -> None:
    assert slice_indices(lopsided(), 7.0) == list(range(17))
    assert slice_indices(lopsided(), 25.0) == [0, 5, 10, 15]
    assert slice_indices(lopsided(), 30.0) == [2, 8, 14]


def test_the_plane_of_a_slice_lies_at_its_height_with_rows_to_the_left() -> None:
    plane = volume_plane(lopsided(), 3)

    assert plane.to_patient(np.array([[2.0, 4.0]])).tolist() == [[6.0, 4.0, 15.0]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "volumes").mkdir(parents=True)
    for name, modality in (("chest_a", "CT"), ("chest_b", "CT"), ("mr_c", "MR")):
        np.savez(
            folder / "volumes" / f"{name}.npz",
            volume=lopsided().voxels,
            spacing=np.array([5.0, 2.0, 1.5]),
            modality=modality,
            region="chest",
        )
    (folder / "splits.json").write_text(json.dumps({"validation": ["chest_b"]}))
    return folder


def test_a_pool_holds_the_ct_volumes_of_its_split_alone(data: Path, tmp_path: Path) -> None:
    count = write_pool(data, "train", tmp_path / "views", step_mm=40)
    (stored,) = read_pool(tmp_path / "views")

    assert (stored.name, stored.patient, stored.region) == ("chest_a", "chest_a", "chest")
    assert stored.indices == (0, 8, 16)
    assert len(stored) == count == 3


def test_stored_views_are_those_made_afresh(data: Path, tmp_path: Path) -> None:
    write_pool(data, "validation", tmp_path / "views", step_mm=40)
    (stored,) = read_pool(tmp_path / "views")
    volume = load(catalogue(data)[1])
    fresh = view(volume, surface_of(volume), 8, seed=8)

    assert fresh is not None
    assert [stored.images.dtype.name, stored.points.dtype.name] == ["int16", "float16"]
    assert np.abs(stored.images[1] - fresh.image).max() <= 0.5
    assert np.abs(stored.points[1] - fresh.points).max() < 0.0005
    assert np.array_equal(stored.labels[1], fresh.labels)
    assert stored.z_range[1] == pytest.approx(fresh.z_range)


def test_a_pool_that_is_there_is_not_made_again(data: Path, tmp_path: Path) -> None:
    write_pool(data, "train", tmp_path / "views", step_mm=40)
    images = tmp_path / "views" / "chest_a.images.npy"
    before = images.stat().st_mtime_ns

    assert write_pool(data, "train", tmp_path / "views", step_mm=40) == 3
    assert images.stat().st_mtime_ns == before


def test_writing_a_pool_reports_its_progress(data: Path, tmp_path: Path) -> None:
    reports: list[tuple[float, str]] = []

    write_pool(
        data, "train", tmp_path / "views", step_mm=40, report=lambda *one: reports.append(one)
    )

    assert reports == [(1.0, "1 of 1 volumes")]


def test_a_real_chest_s_skin_is_centred_on_the_box(shared: Path) -> None:
    entry = next(e for e in catalogue(shared / "data") if e.name == "chest_lungdx_a0002_smooth")
    one = made(load(entry), 12)
    near = (one.labels == 0) & (np.abs(one.points[:, 2]) < 4 / 224)

    assert middle(one.points[near])[:2] * 224 == pytest.approx([0, 0], abs=8)
