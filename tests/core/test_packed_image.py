import pickle
import weakref
from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.packed_image import PackedImage, exact, fine
from tests.support.record_factory import make_prediction, make_slice

RANDOM = np.random.default_rng(3)


def image(*, whole: bool, largest: float = 3000.0) -> FloatArray:
    values = RANDOM.uniform(-1000, largest, (32, 40)).astype(np.float32)
    return np.rint(values) if whole else values


def test_whole_numbers_come_back_as_they_were_from_half_of_the_memory() -> None:
    given = image(whole=True)

    kept = PackedImage(given, exact(given))

    assert np.array_equal(kept.image, given)
    assert kept.image.dtype == np.float32
    assert kept.nbytes == given.nbytes / 2


def test_the_farthest_whole_numbers_come_back_side_by_side() -> None:
    given = np.array([[-32767, 32767, -32767], [0, -1, 32767]], dtype=np.float32)

    kept = PackedImage(given, exact(given))

    assert np.array_equal(kept.image, given)
    assert kept.nbytes == given.nbytes / 2


@pytest.mark.parametrize("given", [image(whole=False), image(whole=True, largest=70000.0)])
def test_what_16_bits_cannot_hold_exactly_stays_as_it_is(given: FloatArray) -> None:
    assert np.array_equal(PackedImage(given, exact(given)).image, given)


@pytest.mark.parametrize("largest", [200.0, 3000.0, 65535.0])
def test_a_fine_image_is_off_by_a_thirty_thousandth_of_its_largest(largest: float) -> None:
    given = image(whole=False, largest=largest)

    kept = PackedImage(given, fine(given))

    assert kept.nbytes == given.nbytes / 2
    assert np.abs(kept.image - given).max() <= max(1000.0, largest) / 32767


def test_infinities_survive() -> None:
    given = image(whole=False)
    given[3, 4] = np.inf

    assert np.array_equal(PackedImage(given, fine(given)).image, given)


def test_records_cannot_be_written_to() -> None:
    prediction = make_prediction(make_slice())

    for read in (prediction.denoised, prediction.slice.pixels):
        with pytest.raises(ValueError, match="read-only"):
            read[0, 0] = 1


def test_a_record_made_from_another_holds_the_same_image() -> None:
    chosen = make_slice(pixels=image(whole=True))

    assert np.array_equal(replace(chosen, inverted=True).pixels, chosen.pixels)


def test_what_was_read_is_not_kept() -> None:
    kept = PackedImage(given := image(whole=True), exact(given))

    read = weakref.ref(kept.image)

    assert read() is None


def test_an_image_goes_to_another_process() -> None:
    kept = PackedImage(given := image(whole=True), exact(given))

    assert np.array_equal(pickle.loads(pickle.dumps(kept)).image, given)
