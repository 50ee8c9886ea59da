"""Of the fifteen things that users of other viewers report most, those about stored pixels."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate

from tests.dicom.opened import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    JPEG_2000,
    JPEG_LS,
    RAMP,
    RLE,
    row_of,
    series_of,
    sha,
    slice_of,
)
from tests.support.dicom_factory import (
    write_colour,
    write_ct,
    write_enhanced_ct,
    write_mr,
)


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_case_01_a_file_without_preamble_and_meta_opens(tmp_path: Path, syntax: str) -> None:
    path = write_ct(tmp_path / "bare", RAMP, intercept=0, preamble=False, transfer_syntax=syntax)

    assert row_of(path).sha_frame0 == sha(RAMP)


def test_case_01_a_file_whose_meta_names_no_transfer_syntax_opens(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0)
    ds = dcmread(path)
    del ds.file_meta.TransferSyntaxUID
    ds.save_as(path, implicit_vr=False, little_endian=True, enforce_file_format=False)

    assert row_of(path).sha_frame0 == sha(RAMP)


@pytest.mark.parametrize(
    "syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED, RLE, JPEG_LS, JPEG_2000]
)
def test_case_02_every_compression_gives_the_same_stored_values(
    tmp_path: Path, syntax: str
) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0, transfer_syntax=syntax)

    assert row_of(path).sha_frame0 == sha(RAMP)


def test_case_03_colours_called_subsampled_that_are_not_open_with_a_warning(
    tmp_path: Path,
) -> None:
    path = write_colour(tmp_path / "a.dcm", photometric="YBR_FULL_422")

    image = slice_of(path)

    assert "subsampled" in image.warnings[0]
    assert image.colour is not None


def test_case_03_jpeg_ls_colours_keep_what_the_tag_says(tmp_path: Path) -> None:
    stored = np.zeros((8, 8, 3), dtype=np.uint8)
    stored[..., 0] = 200
    path = write_colour(tmp_path / "a.dcm", stored, transfer_syntax=JPEG_LS)

    colour = slice_of(path).colour

    assert colour is not None
    assert colour[0, 0].tolist() == [200, 0, 0]


def test_case_04_monochrome1_is_marked_and_its_values_stay(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0, photometric="MONOCHROME1")

    image = slice_of(path)

    assert image.inverted
    assert np.array_equal(image.pixels, RAMP)


def test_case_04_a_negative_slope_turns_the_values_over(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP * 2 - 7000.0, slope=-2, intercept=1000)

    assert slice_of(path).pixels[0, :3].tolist() == [-7000, -6998, -6996]


@pytest.mark.parametrize("syntax", [JPEG_LS, JPEG_2000, RLE])
def test_case_05_signed_values_survive_compression(tmp_path: Path, syntax: str) -> None:
    stored = (RAMP.astype(np.int16) - 1500).astype(np.int16)
    path = write_ct(tmp_path / "a.dcm", stored, intercept=0, signed=True, transfer_syntax=syntax)

    assert row_of(path).sha_frame0 == sha(stored)


def test_case_05_unsigned_jpeg2000_in_a_signed_data_set_is_read_as_signed(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0, transfer_syntax=JPEG_2000)
    ds = dcmread(path)
    ds.PixelRepresentation = 1
    ds.save_as(path)

    assert row_of(path).dtype == "<i2"
    assert row_of(path).sha_frame0 == sha(RAMP.astype(np.int16))


@pytest.mark.parametrize("extra", [b"\0\0", b"\0" * 4096])
def test_case_06_pixel_data_that_is_too_long_opens_with_a_warning(
    tmp_path: Path, extra: bytes
) -> None:
    raw = RAMP.tobytes() + extra
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0, extra={"PixelData": raw})

    assert row_of(path).sha_frame0 == sha(RAMP)
    assert "more pixel data" in row_of(path).warnings[0]


def test_case_06_an_odd_number_of_pixels_opens(tmp_path: Path) -> None:
    stored = np.arange(15, dtype=np.uint8).reshape(3, 5)
    path = write_mr(tmp_path / "a.dcm", stored)

    assert row_of(path).sha_frame0 == sha(stored)


def test_case_06_pixel_data_that_is_too_short_is_refused(tmp_path: Path) -> None:
    raw = RAMP.tobytes()[:-100]
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0, extra={"PixelData": raw})

    assert row_of(path).status == "corrupt"
    assert "too early" in row_of(path).message


@pytest.mark.parametrize("syntax", [EXPLICIT, RLE, JPEG_2000])
def test_case_06_a_file_that_was_cut_off_is_refused(tmp_path: Path, syntax: str) -> None:
    path = write_ct(tmp_path / "a.dcm", transfer_syntax=syntax)
    path.write_bytes(path.read_bytes()[:-400])

    assert row_of(path).status == "corrupt"


def test_case_07_native_pixels_under_a_compressed_syntax_open_with_a_warning(
    tmp_path: Path,
) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0"))

    assert row_of(path).sha_frame0 == sha(RAMP)
    assert "compressed, but they are not" in row_of(path).warnings[0]


def test_case_07_another_compression_than_stated_opens_with_a_warning(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0, transfer_syntax=JPEG_2000)
    content = path.read_bytes()
    path.write_bytes(content.replace(JPEG_2000.encode(), JPEG_LS.encode(), 1))

    assert row_of(path).sha_frame0 == sha(RAMP)
    assert "another compression" in row_of(path).warnings[0]


def _fragmented(path: Path, frames: int, pieces: int, *, table: bool) -> Path:
    stored = np.stack([RAMP + index for index in range(frames)])
    write_enhanced_ct(path, frames, stored=stored, transfer_syntax=JPEG_LS)
    ds = dcmread(path)
    from pydicom.encaps import generate_frames

    encoded = list(generate_frames(ds.PixelData, number_of_frames=frames))
    ds.PixelData = encapsulate(encoded, fragments_per_frame=pieces, has_bot=table)
    ds.save_as(path)
    return path


@pytest.mark.parametrize(("pieces", "table"), [(1, False), (3, True), (3, False)])
def test_case_08_several_fragments_a_frame_open(
    tmp_path: Path, pieces: int, *, table: bool
) -> None:
    path = _fragmented(tmp_path / "a.dcm", 3, pieces, table=table)

    assert [image.pixels[0, 0] for image in series_of(path)] == [-1024, -1023, -1022]


def test_case_08_a_frame_count_that_is_too_high_is_said(tmp_path: Path) -> None:
    path = _fragmented(tmp_path / "a.dcm", 3, 1, table=False)
    ds = dcmread(path)
    ds.NumberOfFrames = 7
    ds.save_as(path)

    assert len(series_of(path)) == 3
    assert "7 frames but holds only 3" in series_of(path)[0].warnings[0]
