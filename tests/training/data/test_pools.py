from pathlib import Path

import numpy as np
import torch

from jrviewer.model.network_input import CT, MR
from tests.support.record_factory import body_image
from tests.training.support.pool_factory import write_pairs, write_views
from training.data.pools import Pairs, Views


def test_crops_are_the_clean_slice_and_the_same_window_with_noise(tmp_path: Path) -> None:
    pairs = Pairs(write_pairs(tmp_path / "pairs"))

    clean, noisy, _, kind = pairs.draw(128, 32, torch.Generator().manual_seed(0))

    assert clean.shape == noisy.shape == (128, 1, 32, 32)
    assert kind.tolist() == [CT] * 128
    spread = (noisy - clean).std(dim=(1, 2, 3))
    unnoised = spread == 0
    assert 0 < unnoised.sum() < 26  # 8 % of them, give or take
    assert ((spread[~unnoised] > 25) & (spread[~unnoised] < 60)).all()


def test_mr_crops_carry_rician_noise_which_never_makes_a_magnitude_negative(
    tmp_path: Path,
) -> None:
    brain = (body_image(64, 64) > -500).astype(np.float32)
    pairs = Pairs(write_pairs(tmp_path / "pairs"), mr=[brain])

    _, noisy, discs, kind = pairs.draw(64, 32, torch.Generator().manual_seed(0))

    assert 0 < (kind == MR).sum() < 32
    assert noisy[kind == MR].min() >= -1000
    assert not discs[kind == MR].any()


def test_the_discs_in_a_crop_are_kept_apart_from_the_crop(tmp_path: Path) -> None:
    pairs = Pairs(write_pairs(tmp_path / "pairs"))
    pairs.arrays = [
        (clean[:, :1, :1] * 0 + 30 + noise * 0, noise, n) for clean, noise, n in pairs.arrays
    ]

    clean, _, discs, _ = pairs.draw(32, 32, torch.Generator().manual_seed(0))

    assert torch.allclose(clean, 30 + discs, atol=1e-4)
    assert 5 < discs.flatten(1).any(dim=1).sum() < 27  # in half of the crops


def test_regions_come_in_the_shares_asked_for(tmp_path: Path) -> None:
    chest = write_views(tmp_path / "chest", "chest")
    abdomen = write_views(tmp_path / "abdomen", "abdomen")
    for name in ("images", "points", "labels", "z_range"):
        (abdomen / f"v.{name}.npy").rename(abdomen / f"w.{name}.npy")
    index = (abdomen / "index.json").read_text().replace('"v"', '"w"')
    (abdomen / "index.json").write_text(index)
    marked = np.load(abdomen / "w.images.npy")
    np.save(abdomen / "w.images.npy", np.full_like(marked, 77))
    share = {"chest": 0.25, "abdomen": 0.75, "head": 0.5}

    images, points, labels, z_range = Views(chest, abdomen).draw(
        200, 50, share, torch.Generator().manual_seed(0)
    )

    abdomens = (images == 77).all(dim=3).all(dim=2).sum().item()
    assert 120 <= abdomens <= 180
    assert points.shape == (200, 50, 3)
    assert labels.shape == (200, 50)
    assert z_range.shape == (200, 2)


def test_views_of_tilted_planes_have_a_share_of_their_own(tmp_path: Path) -> None:
    straight, tilted = (write_views(tmp_path / name, "chest") for name in ("straight", "tilted"))
    np.save(tilted / "v.images.npy", np.full((2, 128, 128), 77, dtype=np.int16))
    views = Views(straight, tilted=tilted)

    none, all_of_them, half = (
        (views.draw(40, 10, share, torch.Generator().manual_seed(0))[0] == 77).all(dim=(1, 2, 3))
        for share in (
            {"chest": 1.0},
            {"tilted-chest": 1.0},
            {"chest": 0.5, "tilted-chest": 0.5},
        )
    )

    assert not none.any()
    assert all_of_them.all()
    assert 8 < half.sum() < 32


def test_a_volume_without_views_is_never_drawn(tmp_path: Path) -> None:
    chest, empty = (write_views(tmp_path / name, "chest") for name in ("chest", "empty"))
    (empty / "index.json").write_text((empty / "index.json").read_text().replace("[0, 1]", "[]"))

    views = Views(chest, empty)

    assert [folder.name for folder, *_ in views.folders["chest"]] == ["chest"]
