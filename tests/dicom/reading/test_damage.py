"""Damaged files end in a sentence: what fuzzing found, and a short fuzz of its own."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, JPEGLSLossless

from jrviewer import dicom
from tests.dicom.opened import slice_of
from tests.dicom.tools.conformance import denoised
from tests.support.dicom_factory import write_ct, write_dicomdir, write_enhanced_ct

MESSAGES = ("corrupt", "unsupported", "not_dicom", "no_image", "empty", "open")


def is_told(path: Path) -> bool:
    """Whether reading and inspecting a file both end in an image or a sentence."""
    opened = dicom.read([path])
    rows = dicom.inspect([path])
    return all(one.status in MESSAGES for one in rows) and all(
        one.message for one in opened.refused
    )


def test_a_meta_element_of_a_wrong_length_is_told(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm")
    content = path.read_bytes()
    at = content.index(b"\x02\x00\x10\x00UI")
    path.write_bytes(content[: at + 4] + b"UL" + content[at + 6 :])

    assert is_told(path)


def test_a_private_class_opens_with_pixels_and_is_named_so_without(tmp_path: Path) -> None:
    private = {"SOPClassUID": "1.2.840.113619.4.26"}
    image = write_ct(tmp_path / "a.dcm", extra=private)
    bare = dcmread(image)
    del bare.PixelData, bare.Rows, bare.Columns
    bare.save_as(tmp_path / "b.dcm")

    assert slice_of(image).unit == "HU"
    row = dicom.inspect([tmp_path / "b.dcm"])[0]
    assert row.status == "no_image"
    assert "a manufacturer's own (private) kind" in row.message


def test_a_size_of_an_unknown_kind_is_told(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes().replace(b"\x28\x00\x11\x00US", b"\x28\x00\x11\x00U "))

    assert dicom.inspect([path])[0].status == "corrupt"


def test_a_dicomdir_with_an_endless_name_is_told(tmp_path: Path) -> None:
    endless = tmp_path.joinpath(*["A" * 16] * 300)
    path = write_dicomdir(tmp_path, [endless])

    assert is_told(path)


def test_elements_that_no_file_may_hold_are_not_passed_on(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", extra={"SeriesDescription": "seen by nobody"})
    at = path.read_bytes().index(b"\x08\x00\x3e\x10LO")
    content = bytearray(path.read_bytes())
    content[at : at + 4] = b"\0\0\0\0"  # a command element (PS3.7), which pydicom will not write
    path.write_bytes(content)

    dicom.write_derived(denoised(slice_of(path)), tmp_path / "b.dcm")

    assert dicom.inspect([tmp_path / "b.dcm"])[0].status == "open"


def test_an_item_that_cannot_be_read_is_not_passed_on(tmp_path: Path) -> None:
    item = Dataset()
    item.CodeMeaning = "abcdef"
    path = write_ct(tmp_path / "a.dcm", extra={"ProcedureCodeSequence": [item]})
    content = path.read_bytes()
    at = content.index(b"\x08\x00\x04\x01LO")
    path.write_bytes(content[:at] + b"\xfe\xff\x00\xe0" + content[at + 4 :])
    image = slice_of(path)

    dicom.write_derived(denoised(image), tmp_path / "b.dcm")

    assert dicom.inspect([tmp_path / "b.dcm"])[0].status == "open"


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("sound")
    return [
        write_ct(folder / "a", rows=16, columns=16).read_bytes(),
        write_ct(folder / "b", rows=16, columns=16, preamble=False).read_bytes(),
        write_enhanced_ct(folder / "c", 2, rows=16, columns=16).read_bytes(),
        write_dicomdir(folder, []).read_bytes(),
    ]


@settings(
    max_examples=60,
    deadline=10_000,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_a_file_with_any_bytes_exchanged_is_told(
    contents: list[bytes], tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from(contents)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + 2] = data.draw(st.binary(min_size=0, max_size=4))
    (tmp_path / "damaged").write_bytes(content)

    assert is_told(tmp_path / "damaged")


@pytest.mark.parametrize(
    ("written", "stated"),
    [(ExplicitVRLittleEndian, ExplicitVRBigEndian), (ExplicitVRBigEndian, ExplicitVRLittleEndian)],
)
def test_a_file_of_another_byte_order_than_it_says_is_corrupt(
    tmp_path: Path, written: str, stated: str
) -> None:
    path = write_ct(tmp_path / "a.dcm", transfer_syntax=written)
    path.write_bytes(path.read_bytes().replace(written.encode(), stated.encode(), 1))

    assert dicom.inspect([path])[0].status == "corrupt"


@pytest.mark.parametrize("kept", [150, 400, 700, 1001])
def test_an_image_cut_within_its_header_is_corrupt(tmp_path: Path, kept: int) -> None:
    row = dicom.inspect([write_ct(tmp_path / "a.dcm", keep_bytes=kept)])[0]

    assert row.status == "corrupt"
    assert "ends before its image" in row.message


def test_a_pixel_length_beyond_the_end_of_the_file_is_said(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm")
    content = path.read_bytes()
    at = content.index(b"\xe0\x7f\x10\x00OW\0\0") + 8
    path.write_bytes(content[:at] + b"\xfe\xff\xff\xff" + content[at + 4 :])

    row = dicom.inspect([path])[0]

    assert any("may have been cut off" in warning for warning in row.warnings)


def test_sequences_nested_without_end_are_told(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm")
    content = path.read_bytes()
    at = content.index(b"\xe0\x7f\x10\x00OW\0\0")
    nested = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 100_000
    path.write_bytes(content[:at] + nested + content[at:])

    assert dicom.inspect([path])[0].status == "corrupt"


def test_a_codestream_of_hostile_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """Found by fuzzing: the decoder cleared 4 GB for seconds before it noticed."""
    path = write_ct(tmp_path / "a.dcm", transfer_syntax=JPEGLSLossless)
    content = path.read_bytes()
    at = content.index(b"\xff\xf7") + 5
    path.write_bytes(content[:at] + b"\xff\xff\xff\xff" + content[at + 4 :])

    assert "contradicts" in dicom.inspect([path])[0].message


def test_a_delimiter_behind_the_last_element_is_told(tmp_path: Path) -> None:
    """Found by fuzzing: pydicom reads it as an element of no kind."""
    path = write_ct(tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes() + b"\xfe\xff\xdd\xe0\0\0\0\0")

    assert is_told(path)
