import numpy as np
import pytest
from skimage.metrics import structural_similarity

from jrviewer.imaging import metrics

MASK = np.array([[True, True], [True, False]])


def test_a_window_maps_its_lower_edge_middle_and_upper_edge_to_0_half_and_1() -> None:
    hu = np.array([-2000.0, -150.0, 50.0, 250.0, 900.0])

    assert metrics.to_window(hu, (50, 400)).tolist() == [0, 0, 0.5, 1, 1]


def test_psnr_counts_the_mask_alone() -> None:
    reference = np.zeros((2, 2))
    image = np.array([[0.1, 0.1], [0.1, 1.0]])

    assert metrics.psnr(image, reference, MASK) == pytest.approx(20.0)


def test_equal_images_have_a_structural_similarity_of_one() -> None:
    image = np.random.default_rng(0).random((16, 16))

    assert metrics.ssim(image, image, np.ones((16, 16), bool)) == pytest.approx(1.0)


def test_structural_similarity_is_what_scikit_image_makes_of_it() -> None:
    random = np.random.default_rng(3)
    reference = np.clip(random.normal(0.5, 0.2, (40, 33)).cumsum(axis=1) % 1, 0, 1)
    image = np.clip(reference + random.normal(0, 0.1, reference.shape), 0, 1)
    mask = random.random(reference.shape) > 0.3

    _, similarity = structural_similarity(image, reference, data_range=1.0, full=True)

    assert metrics.ssim(image, reference, mask) == pytest.approx(similarity[mask].mean(), abs=1e-9)


def test_the_nearest_is_looked_for_among_the_others() -> None:
    others = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0]])

    assert metrics.nearest(np.array([[3.0, 4.0, 0.0], [9.0, 0.0, 0.0]]), others).tolist() == [5, 1]


def test_the_chamfer_distance_is_half_the_sum_of_both_means() -> None:
    assert metrics.chamfer(np.array([1.0, 3.0]), np.array([5.0])) == pytest.approx(3.5)
