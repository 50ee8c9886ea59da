import numpy as np
import pytest

from training.metrics import lesions


def tissue(size: int = 128) -> np.ndarray:
    return np.full((size, size), 50.0, dtype=np.float32)


def test_discs_go_into_soft_tissue_with_the_contrast_they_say() -> None:
    image, discs = lesions.add_discs(tissue(), 1.0, seed=3)

    assert len(discs) >= 2
    for disc in discs:
        assert image[disc.row, disc.column] - 50 == pytest.approx(disc.contrast_hu)
        assert 15 <= abs(disc.contrast_hu) <= 40


def test_no_discs_go_where_there_is_no_soft_tissue() -> None:
    assert lesions.add_discs(tissue() - 1000, 1.0, seed=3)[1] == []


def test_an_untouched_slice_keeps_all_its_contrast() -> None:
    image, discs = lesions.add_discs(tissue(), 0.8, seed=3)

    left = lesions.contrast(image, tissue(), discs, 0.8)

    assert left["measured"] == pytest.approx(left["true"], rel=1e-4)


def test_a_method_that_halves_the_discs_keeps_half_their_contrast() -> None:
    image, discs = lesions.add_discs(tissue(), 0.8, seed=3)

    left = lesions.contrast((image + tissue()) / 2, tissue(), discs, 0.8)

    assert left["measured"] == pytest.approx(left["true"] / 2, rel=1e-4)
