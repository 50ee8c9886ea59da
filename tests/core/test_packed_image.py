import pickle
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.packed_image import Held, Packed, exact, fine
from tests.support.record_factory import make_prediction, make_slice

RANDOM = np.random.default_rng(3)


def image(*, whole: bool, largest: float = 3000.0) -> FloatArray:
    values = RANDOM.uniform(-1000, largest, (32, 40)).astype(np.float32)
    return np.rint(values) if whole else values


def slice_like() -> FloatArray:
    """Air around a disc of tissue, with noise of 30 HU in both."""
    row, column = np.ogrid[:256, :256]
    inside = np.hypot(row - 128, column - 128) < 90
    clean = np.where(inside, 40.0, -1000.0)
    return np.rint(clean + RANDOM.normal(0, 30, clean.shape)).astype(np.float32)


def test_a_slice_comes_back_as_it_was_from_a_quarter_of_the_memory() -> None:
    given = slice_like()

    kept = Held(given, exact(given))

    assert np.array_equal(kept.image, given)
    assert kept.image.dtype == np.float32
    assert kept.nbytes < given.nbytes / 4


def test_noise_that_would_not_shrink_takes_its_own_bytes_and_hardly_more() -> None:
    noise = RANDOM.integers(0, 1 << 16, (256, 256), dtype=np.uint16)
    half = noise & np.uint16(0x00FF)  # the second bytes are all alike

    assert noise.nbytes < Packed(noise).nbytes < 1.01 * noise.nbytes
    assert 0.5 * half.nbytes < Packed(half).nbytes < 0.52 * half.nbytes
    assert np.array_equal(Packed(half).array, half)


def test_the_farthest_whole_numbers_come_back_side_by_side() -> None:
    given = np.array([[-32767, 32767, -32767], [0, -1, 32767]], dtype=np.float32)

    kept = Held(given, exact(given))

    assert np.array_equal(kept.image, given)
    assert kept.nbytes != given.nbytes  # it was packed, and not left as it was


@pytest.mark.parametrize("given", [image(whole=False), image(whole=True, largest=70000.0)])
def test_what_16_bits_cannot_hold_exactly_stays_as_it_is(given: FloatArray) -> None:
    assert np.array_equal(Held(given, exact(given)).image, given)


@pytest.mark.parametrize("largest", [200.0, 3000.0, 65535.0])
def test_a_fine_image_is_off_by_a_thirty_thousandth_of_its_largest(largest: float) -> None:
    given = image(whole=False, largest=largest)

    kept = Held(given, fine(given))

    assert kept.nbytes < 0.6 * given.nbytes
    assert np.abs(kept.image - given).max() <= max(1000.0, largest) / 32767


def test_infinities_survive() -> None:
    given = image(whole=False)
    given[3, 4] = np.inf

    assert np.array_equal(Held(given, fine(given)).image, given)


def test_records_cannot_be_written_to() -> None:
    prediction = make_prediction(make_slice())

    for read in (prediction.denoised, prediction.slice.pixels):
        with pytest.raises(ValueError, match="read-only"):
            read[0, 0] = 1


def test_a_record_made_from_another_holds_the_same_image() -> None:
    chosen = make_slice(pixels=image(whole=True))

    assert np.array_equal(replace(chosen, inverted=True).pixels, chosen.pixels)


def test_what_somebody_holds_is_read_again_for_nothing() -> None:
    chosen = make_slice(pixels=image(whole=True))
    held = chosen.pixels

    assert chosen.pixels is held


def test_an_image_is_unpacked_once_for_several_who_read_it_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = Held(given := image(whole=True), exact(given))
    sums = [kept.image.sum()]
    monkeypatch.setattr(Packed, "array", property(lambda _: pytest.fail("unpacked again")))

    sums += [kept.image.sum() for _ in range(3)]

    assert len(set(sums)) == 1


def test_what_was_read_long_ago_takes_no_memory() -> None:
    kept = [Held(given := image(whole=True), exact(given)) for _ in range(20)]
    read = [weakref.ref(one.image) for one in kept]

    assert sum(one() is not None for one in read) < 10


def test_an_image_goes_to_another_process_while_it_is_held() -> None:
    kept = Held(given := image(whole=True), exact(given))
    held = kept.image

    copy = pickle.loads(pickle.dumps(kept))

    assert np.array_equal(copy.image, held)


@pytest.mark.parametrize("kind", [np.uint8, np.float16, np.int32])
def test_an_array_of_any_kind_and_shape_is_packed_exactly(kind: type) -> None:
    given: npt.NDArray[Any] = RANDOM.uniform(0, 100, (3, 5, 7)).astype(kind)[:, ::2]

    unpacked = Packed(given).array

    assert unpacked.dtype == given.dtype
    assert np.array_equal(unpacked, given)
