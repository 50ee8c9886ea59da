import numpy as np
import pytest
from pydicom import Dataset

from jrviewer.dicom.writing.pixel_encoding import Scale, keep_padding

TWELVE_BITS = Scale(1.0, -1024.0, 12, signed=False)


def padded(value: int, limit: int | None = None) -> Dataset:
    ds = Dataset()
    ds.add_new("PixelPaddingValue", "US", value)
    if limit is not None:
        ds.add_new("PixelPaddingRangeLimit", "US", limit)
    return ds


@pytest.mark.parametrize(
    ("value", "limit", "measured", "written"),
    [(4095, None, 4095, 4094), (4090, 4095, 4093, 4089), (0, None, 0, 1), (0, 40, 12, 41)],
)
def test_what_denoising_brings_into_the_padding_moves_to_a_value_that_the_bits_hold(
    value: int, limit: int | None, measured: int, written: int
) -> None:
    source = np.array([[value, 100]], np.uint16)
    stored = np.array([[500, measured]], np.uint16)

    kept = keep_padding(stored, source, padded(value, limit), TWELVE_BITS)

    assert kept.tolist() == [[value, written]]


def test_a_slice_that_is_padding_alone_stays_as_it_is() -> None:
    source = np.array([[0, 4095]], np.uint16)

    kept = keep_padding(source + 0, source, padded(0, 4095), TWELVE_BITS)

    assert kept.tolist() == source.tolist()
