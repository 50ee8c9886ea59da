from pathlib import Path

import numpy as np
import pytest

from training.data.noise_pool import Source, balanced, fit_square, read_index, write_pairs


def sources(count: int, name: str = "a") -> list[Source]:
    """Squares of water, each with its own HU."""
    return [
        (np.pad(np.full((20, 30), 10.0 * k), 5, constant_values=-1000.0), 2.0, f"{name}/{k}")
        for k in range(count)
    ]


def write(out: Path, size: int = 64, seed: int = 5) -> None:
    write_pairs(sources(4), out, size=size, count=4, seed=seed, views=60)


def test_a_pool_holds_clean_slices_their_noise_and_where_they_come_from(tmp_path: Path) -> None:
    write(tmp_path)
    clean, noise = (
        np.load(tmp_path / f"{what}_64.npy", mmap_mode="r") for what in ("clean", "noise")
    )
    assert clean.dtype == np.int16
    assert noise.dtype == np.float16
    assert clean[3, 32, 32] == 30
    assert noise[3].astype(float).std() > 0.5
    assert [pair.name for pair in read_index(tmp_path)] == ["a/0", "a/1", "a/2", "a/3"]


def test_doses_stay_within_their_range_and_vary(tmp_path: Path) -> None:
    write(tmp_path)
    doses = [pair.dose for pair in read_index(tmp_path)]
    assert len(set(doses)) == 4
    assert 0.03 <= min(doses) <= max(doses) <= 0.6


def test_a_seed_repeats_its_pool_and_another_gives_another(tmp_path: Path) -> None:
    for folder, seed in (("a", 5), ("b", 5), ("c", 6)):
        write(tmp_path / folder, seed=seed)
    first, again, other = (np.load(tmp_path / folder / "noise_64.npy") for folder in "abc")
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_second_size_is_added_to_the_index(tmp_path: Path) -> None:
    write(tmp_path, 64)
    write(tmp_path, 48)
    write(tmp_path, 64)
    assert sorted(pair.size for pair in read_index(tmp_path)) == [48] * 4 + [64] * 4


def test_the_balance_takes_one_slice_of_each_group_in_turn() -> None:
    stream = balanced([sources(2, "a"), sources(7, "b")], seed=1)
    names = [next(stream)[2] for _ in range(8)]
    assert [name[0] for name in names] == list("abababab")
    assert sorted(names[:4:2]) == ["a/0", "a/1"]


@pytest.mark.parametrize("shape", [(3, 9), (9, 3), (5, 5)])
def test_a_slice_is_centred_in_its_square(shape: tuple[int, int]) -> None:
    pixels = np.zeros(shape)
    pixels[shape[0] // 2, shape[1] // 2] = 500
    fitted = fit_square(pixels, 5)
    assert fitted[2, 2] == 500
    assert fitted.shape == (5, 5)
    assert (fitted == -1000).any() == (min(shape) < 5)
