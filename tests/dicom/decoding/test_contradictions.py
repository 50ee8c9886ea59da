"""Files that say one thing of their pixels and hold another; one bad frame among good ones."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID, JPEG2000Lossless, JPEGLSLossless, SecondaryCaptureImageStorage

from jrviewer import dicom
from tests.dicom.opened import EXPLICIT, RAMP, RLE, row_of, slice_of
from tests.support.dicom_factory import write_ct
from tests.support.dicom_objects import make_dataset, put_pixels, save


def frames_of(path: Path) -> list[bytes]:
    ds = dcmread(path)
    return list(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1))))


def bare_stream(path: Path, syntax: str, *, stated: str) -> Path:
    """A codestream as it is in the pixel element, without fragments around it."""
    write_ct(path, RAMP - 1024.0, transfer_syntax=syntax)
    ds = dcmread(path)
    (stream,) = frames_of(path)
    ds.PixelData = stream + bytes(len(stream) % 2)
    ds["PixelData"].is_undefined_length = False
    ds.file_meta.TransferSyntaxUID = UID(EXPLICIT)
    ds.save_as(path)
    content = path.read_bytes()
    path.write_bytes(content.replace(EXPLICIT.encode(), stated.encode(), 1))
    return path


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
@pytest.mark.parametrize("stated", [EXPLICIT, RLE])
def test_a_codestream_without_fragments_is_decoded_not_shown_as_pixels(
    tmp_path: Path, syntax: str, stated: str
) -> None:
    image = slice_of(bare_stream(tmp_path / "a.dcm", syntax, stated=stated))

    assert (image.pixels == RAMP - 1024.0).all()
    assert any("compress" in warning for warning in image.warnings)


def test_pixels_that_begin_like_a_codestream_stay_pixels(tmp_path: Path) -> None:
    stored = RAMP.copy()
    stored[0, :3] = np.frombuffer(b"\xff\xd8\xff\xc3\x00\x0b", "<u2")
    path = write_ct(tmp_path / "a.dcm", stored - 1024.0)

    assert (slice_of(path).pixels == stored - 1024.0).all()


def clip_with_bad_frames(path: Path, bad: set[int], count: int = 20) -> Path:
    """A JPEG-LS clip of which some frames are of another width than stated."""
    ds = make_dataset(SecondaryCaptureImageStorage, modality="US")
    put_pixels(ds, np.stack([RAMP + index for index in range(count)]), frames=count)
    save(ds, path, transfer_syntax=JPEGLSLossless)
    other = save_narrow(path.with_suffix(".narrow"))
    frames = frames_of(path)
    for index in bad:
        frames[index] = other
    changed = dcmread(path)
    changed.PixelData = encapsulate(frames)
    changed.save_as(path)
    return path


def save_narrow(path: Path) -> bytes:
    """The codestream of a narrower frame."""
    write_ct(path, RAMP[:, :40] - 1024.0, transfer_syntax=JPEGLSLossless)
    (stream,) = frames_of(path)
    path.unlink()
    return stream


def test_bad_frames_do_not_hide_the_good_ones(tmp_path: Path) -> None:
    path = clip_with_bad_frames(tmp_path / "a.dcm", {0, 7})

    opened = dicom.read([path])

    shown = [one.source.frame for series in opened.series for one in series]
    assert shown == [index for index in range(20) if index not in (0, 7)]
    assert [one.message[:31] for one in opened.refused] == ["Only 18 of 20 frames are shown."]


def test_inspect_counts_frames_that_cannot_be_read(tmp_path: Path) -> None:
    row = row_of(clip_with_bad_frames(tmp_path / "a.dcm", {7, 19}))

    assert (row.status, row.frames) == ("open", 20)
    assert "2 of its 20 frames cannot be read." in row.warnings


def test_a_file_of_nothing_but_bad_frames_is_refused_with_its_reason(tmp_path: Path) -> None:
    (refused,) = dicom.read([clip_with_bad_frames(tmp_path / "a.dcm", set(range(20)))]).refused

    assert refused.status == "corrupt"
    assert "contradicts" in refused.message


def test_a_codestream_of_another_size_in_a_plain_element_is_refused(tmp_path: Path) -> None:
    path = bare_stream(tmp_path / "a.dcm", JPEGLSLossless, stated=EXPLICIT)
    ds = dcmread(path)
    ds.Rows, ds.Columns = 8, 8
    ds.save_as(path)

    assert row_of(path).status == "corrupt"


def test_a_frame_that_was_cut_is_told_and_the_others_are_shown(tmp_path: Path) -> None:
    path = clip_with_bad_frames(tmp_path / "a.dcm", set(), count=5)
    frames = frames_of(path)
    frames[2] = frames[2][:40] + bytes(len(frames[2]) % 2)
    ds = dcmread(path)
    ds.PixelData = encapsulate(frames)
    ds.save_as(path)

    opened = dicom.read([path])

    assert [one.source.frame for one in opened.series[0]] == [0, 1, 3, 4]
    assert opened.refused[0].message.startswith("Only 4 of 5 frames are shown.")


def test_many_bad_frames_in_a_row_end_the_reading_and_are_counted(tmp_path: Path) -> None:
    bad = set(range(3, 15))

    opened = dicom.read([clip_with_bad_frames(tmp_path / "a.dcm", bad)])

    assert [one.source.frame for one in opened.series[0]] == [0, 1, 2]
    assert opened.refused[0].message.startswith("Only 3 of 20 frames are shown.")
