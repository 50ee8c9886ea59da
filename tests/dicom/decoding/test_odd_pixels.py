"""Files whose description of their pixels is odd, gappy or wrong: the very values, with a warning
where something was assumed, or a refusal; never other pixels.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    SecondaryCaptureImageStorage,
)

from jrviewer import dicom
from jrviewer.dicom import Row
from jrviewer.dicom.common.pixel_hash import stored_hash
from tests.dicom.opened import row_of, slice_of
from tests.support.dicom_factory import write_colour, write_ct, write_mr
from tests.support.dicom_objects import Extra, make_dataset, put_pixels, save

RAMP = np.arange(12 * 17).reshape(12, 17)
CODESTREAMS = [JPEGLSLossless, JPEG2000Lossless]


def capture(
    path: Path,
    stored: npt.NDArray[Any],
    *,
    photometric: str = "MONOCHROME2",
    bits_stored: int | None = None,
    frames: int | None = None,
    transfer_syntax: str = ExplicitVRLittleEndian,
    extra: Extra | None = None,
) -> Path:
    """A secondary capture of exactly these stored values."""
    ds = make_dataset(SecondaryCaptureImageStorage, modality="OT")
    put_pixels(ds, stored, photometric=photometric, bits_stored=bits_stored, frames=frames)
    return save(ds, path, transfer_syntax=transfer_syntax, extra=extra)


def changed(path: Path, change: Callable[[FileDataset], object]) -> Path:
    """The file written again after a change that pydicom allows."""
    ds = dcmread(path)
    change(ds)
    ds.save_as(path)
    return path


def says(row: Row, part: str) -> bool:
    return any(part in warning for warning in row.warnings)


@pytest.mark.parametrize("stored", [(RAMP * 20).astype("<u2"), (RAMP * 20 - 2040).astype("<i2")])
@pytest.mark.parametrize("high_bit", [13, 15])
def test_stored_bits_begin_where_the_high_bit_says(
    tmp_path: Path, stored: npt.NDArray[Any], high_bit: int
) -> None:
    shifted = stored << (high_bit - 11)
    path = capture(tmp_path / "a.dcm", shifted, bits_stored=12, extra={"HighBit": high_bit})

    assert row_of(path).sha_frame0 == stored_hash(stored)
    assert np.array_equal(slice_of(path).pixels, stored)


def test_pixels_that_do_not_lie_where_the_high_bit_says_are_found_and_it_is_said(
    tmp_path: Path,
) -> None:
    stored = (RAMP * 20).astype("<u2")
    path = capture(tmp_path / "a.dcm", stored, bits_stored=12, extra={"HighBit": 15})

    row = row_of(path)

    assert row.sha_frame0 == stored_hash(stored)
    assert says(row, "bits that its pixels do not lie in")


def test_what_lies_above_the_stored_bits_is_no_part_of_the_values(tmp_path: Path) -> None:
    stored = (RAMP * 20).astype("<u2")
    path = capture(tmp_path / "a.dcm", stored | 0x3000, bits_stored=12)

    assert row_of(path).sha_frame0 == stored_hash(stored)


def test_bits_in_big_endian_words_open(tmp_path: Path) -> None:
    bits = (np.arange(3 * 13 * 16).reshape(3, 13, 16) % 7 < 3).astype("u1")
    words = np.frombuffer(np.packbits(bits.ravel(), bitorder="little").tobytes(), "<u2")
    ds = make_dataset(SecondaryCaptureImageStorage, modality="OT")
    put_pixels(ds, bits, frames=3)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 1, 1, 0
    ds.add_new("PixelData", "OW", words.tobytes())
    path = save(ds, tmp_path / "a.dcm", transfer_syntax=ExplicitVRBigEndian)

    frames = [one.pixels for one in dicom.read([path]).series[0]]

    assert np.array_equal(frames, bits)


@pytest.mark.parametrize("syntax", CODESTREAMS)
@pytest.mark.parametrize("size", [(32, 40), (80, 16), (20, 32)])
def test_a_codestream_of_another_size_than_stated_is_refused(
    tmp_path: Path, syntax: str, size: tuple[int, int]
) -> None:
    path = write_ct(tmp_path / "a.dcm", rows=40, columns=32, transfer_syntax=syntax)
    assert row_of(path).status == "open"

    def resize(ds: Dataset) -> None:
        ds.Rows, ds.Columns = size

    changed(path, resize)

    assert row_of(path).status == "corrupt"
    assert "contradicts" in row_of(path).message


@pytest.mark.parametrize("syntax", CODESTREAMS)
def test_a_codestream_with_deeper_pixels_than_stated_is_refused(
    tmp_path: Path, syntax: str
) -> None:
    path = write_ct(tmp_path / "a.dcm", transfer_syntax=syntax)

    def flatten(ds: Dataset) -> None:
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7

    assert row_of(changed(path, flatten)).status == "corrupt"


def three_frames(path: Path) -> tuple[Path, npt.NDArray[Any], list[bytes]]:
    """Three different frames in JPEG-LS, and their codestreams."""
    stored = np.stack([RAMP, RAMP + 5, RAMP * 2]).astype("<u2")
    path = capture(path, stored, frames=3, transfer_syntax=JPEGLSLossless)
    return path, stored, list(generate_frames(dcmread(path).PixelData, number_of_frames=3))


def test_one_fragment_a_frame_is_found_whatever_the_offset_table_says(tmp_path: Path) -> None:
    path, stored, _ = three_frames(tmp_path / "a.dcm")

    def spoil(ds: Dataset) -> None:
        ds.PixelData = ds.PixelData[:8] + b"\xff\xff\xff\x7f" * 3 + ds.PixelData[20:]

    changed(path, spoil)

    assert np.array_equal([one.pixels for one in dicom.read([path]).series[0]], stored)


def test_one_fragment_a_frame_is_found_whatever_the_extended_offset_table_says(
    tmp_path: Path,
) -> None:
    path, stored, frames = three_frames(tmp_path / "a.dcm")

    def spoil(ds: Dataset) -> None:
        ds.PixelData, _, ds.ExtendedOffsetTableLengths = encapsulate_extended(frames)
        ds.ExtendedOffsetTable = b"\xff" * 24

    changed(path, spoil)

    assert np.array_equal([one.pixels for one in dicom.read([path]).series[0]], stored)


def test_frames_beyond_the_stated_number_are_said(tmp_path: Path) -> None:
    path, stored, frames = three_frames(tmp_path / "a.dcm")

    def deny(ds: Dataset) -> None:
        ds.NumberOfFrames, ds.PixelData = 1, encapsulate(frames, has_bot=False)

    row = row_of(changed(path, deny))

    assert row.sha_frame0 == stored_hash(stored[0])
    assert says(row, "holds more frames than it says")


@pytest.mark.parametrize("photometric", ["HSV", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "XYB"])
def test_retired_colours_are_refused_by_their_name(tmp_path: Path, photometric: str) -> None:
    row = row_of(write_colour(tmp_path / "a.dcm", photometric=photometric))

    assert row.status == "unsupported"
    assert photometric in row.message


def test_grey_that_calls_itself_colour_is_shown_grey_and_it_is_said(tmp_path: Path) -> None:
    path = capture(tmp_path / "a.dcm", RAMP.astype("u1"), photometric="RGB")

    assert slice_of(path).colour is None
    assert says(row_of(path), "the likeliest was assumed")


def test_colour_that_calls_itself_grey_is_shown_in_colour_and_it_is_said(tmp_path: Path) -> None:
    path = write_colour(tmp_path / "a.dcm", photometric="MONOCHROME2")

    assert slice_of(path).colour is not None
    assert says(row_of(path), "the likeliest was assumed")


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        *(("NumberOfFrames", 0), ("NumberOfFrames", -3), ("SamplesPerPixel", 0)),
        *(("BitsStored", 0), ("BitsStored", 17), ("BitsStored", None)),
        *(("PixelRepresentation", 2), ("PixelRepresentation", None)),
    ],
)
def test_counts_and_bits_that_cannot_be_are_said(
    tmp_path: Path, keyword: str, value: int | None
) -> None:
    stored = RAMP.astype("<u2")
    row = row_of(capture(tmp_path / "a.dcm", stored, extra={keyword: value}))

    assert row.sha_frame0 == stored_hash(stored)
    assert says(row, "the likeliest was assumed")


def test_an_unknown_photometric_interpretation_is_taken_for_grey_and_it_is_said(
    tmp_path: Path,
) -> None:
    row = row_of(capture(tmp_path / "a.dcm", RAMP.astype("<u2"), photometric="PRETTY"))

    assert row.status == "open"
    assert says(row, "does not say how to show its pixels")


def test_values_that_are_no_numbers_are_replaced_and_it_is_said(tmp_path: Path) -> None:
    values = RAMP.astype("<f4")
    values[0, 0], values[1, 1], values[2, 2] = np.nan, np.inf, -np.inf
    path = capture(tmp_path / "a.dcm", RAMP.astype("<u2"))

    def float_pixels(ds: Dataset) -> None:
        del ds.PixelData, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
        ds.BitsAllocated = 32
        ds.FloatPixelData = values.tobytes()

    image = slice_of(changed(path, float_pixels))

    assert row_of(path).sha_frame0 == stored_hash(values)
    assert image.pixels[0, 0] == image.pixels[2, 2] == 1
    assert image.pixels[1, 1] == RAMP.max()
    assert any("no numbers" in warning for warning in image.warnings)


def with_text(path: Path, tag: bytes, value: bytes) -> Path:
    """A decimal string exchanged in the bytes, where pydicom would not write it."""
    content = path.read_bytes()
    at = content.index(tag + b"DS")
    end = at + 8 + int.from_bytes(content[at + 6 : at + 8], "little")
    length = len(value).to_bytes(2, "little")
    path.write_bytes(content[: at + 6] + length + value + content[end:])
    return path


@pytest.mark.parametrize("slope", [b"1,5 ", b"nan ", b"1e999 ", b"1e300 ", b"slope ", b"0 "])
def test_a_rescale_that_is_no_usable_number_leaves_stored_values_and_is_said(
    tmp_path: Path, slope: bytes
) -> None:
    path = with_text(write_ct(tmp_path / "a.dcm"), b"\x28\x00\x53\x10", slope)

    image = slice_of(path)

    assert image.unit == "stored"
    assert np.array_equal(image.pixels, dcmread(path).pixel_array)
    assert any("rescale slope makes no sense" in warning for warning in image.warnings)


def test_a_spacing_with_decimal_commas_is_not_guessed(tmp_path: Path) -> None:
    path = with_text(write_mr(tmp_path / "a.dcm"), b"\x28\x00\x30\x00", b"1,5\\1,5 ")

    assert slice_of(path).spacing_source == "missing"
