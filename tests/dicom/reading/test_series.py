"""How files become series, and what a slice knows of itself."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import SecondaryCaptureImageStorage

from jrviewer import dicom
from jrviewer.core.errors import Cancelled
from jrviewer.core.records import Slice
from jrviewer.dicom import Opened
from tests.support.dicom_factory import (
    write_colour,
    write_ct,
    write_enhanced_ct,
    write_mr,
    write_series,
)
from tests.support.dicom_objects import (
    CORONAL,
    PATIENT_ID,
    PATIENT_NAME,
    SAGITTAL,
    STUDY_UID,
    make_dataset,
    put_pixels,
    save,
)

RLE = "1.2.840.10008.1.2.5"


def test_orientations_of_one_series_are_shown_apart(tmp_path: Path) -> None:
    for index, orientation in enumerate([None, SAGITTAL, CORONAL]):
        ct = {} if orientation is None else {"orientation": orientation}
        write_ct(tmp_path / f"{index}.dcm", instance=index + 1, **ct)  # type: ignore[arg-type]

    assert [len(series) for series in dicom.read([tmp_path]).series] == [1, 1, 1]


def test_series_of_other_identifiers_are_shown_apart(tmp_path: Path) -> None:
    write_series(tmp_path / "a", 2)
    write_series(tmp_path / "b", 3, series_uid="1.2.3.4")

    assert [len(series) for series in dicom.read([tmp_path]).series] == [2, 3]


def test_copies_of_a_slice_are_left_out_and_said(tmp_path: Path) -> None:
    first, *_ = write_series(tmp_path, 2)
    (tmp_path / "copy.dcm").write_bytes(first.read_bytes())

    (series,) = dicom.read([tmp_path]).series

    assert len(series) == 2
    assert series.warnings == ("1 duplicate slice was left out: number 1 had come more than once.",)


def test_frames_of_an_enhanced_object_are_one_series(tmp_path: Path) -> None:
    path = write_enhanced_ct(tmp_path / "a.dcm", 4, step_mm=2.5)

    (series,) = dicom.read([path]).series

    assert [image.acquisition.position_mm for image in series] == [0, 2.5, 5, 7.5]
    assert [image.source.frame for image in series] == [0, 1, 2, 3]


@pytest.mark.parametrize("image_type", ["MOSAIC", "VFRAME"])
def test_a_mosaic_is_refused_in_the_window_and_flagged_by_inspect(
    tmp_path: Path, image_type: str
) -> None:
    extra = {"ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", image_type]}
    path = write_mr(tmp_path / "a.dcm", extra=extra)

    (refused,) = dicom.read([path]).refused
    (row,) = dicom.inspect([path])

    assert (refused.status, row.status) == ("unsupported", "open")
    assert "mosaic" in refused.message
    assert "mosaic" in row.warnings[0]


def test_deep_colours_are_refused_in_the_window_and_flagged_by_inspect(tmp_path: Path) -> None:
    path = write_colour(tmp_path / "a.dcm", bits=16)

    (refused,) = dicom.read([path]).refused
    (row,) = dicom.inspect([path])

    assert (refused.status, row.status, row.dtype) == ("unsupported", "open", "<u2")
    assert "16 bits" in refused.message
    assert "more than 8 bits" in row.warnings[0]


def test_colours_come_with_their_luminance(tmp_path: Path) -> None:
    stored = np.zeros((2, 2, 3), dtype=np.uint8)
    stored[0, 0] = [10, 20, 30]
    path = write_colour(tmp_path / "a.dcm", stored)

    image = dicom.read([path]).series[0][0]

    assert image.colour is not None
    assert image.colour[0, 0].tolist() == [10, 20, 30]
    assert image.pixels[0, 0] == pytest.approx(0.299 * 10 + 0.587 * 20 + 0.114 * 30)
    assert image.unit == "stored"


def test_only_a_ct_with_rescale_is_in_hounsfield_units(tmp_path: Path) -> None:
    paths = [
        write_ct(tmp_path / "a.dcm"),
        write_ct(tmp_path / "b.dcm", slope=None, intercept=None, series_uid="1.2.3"),
        write_mr(tmp_path / "c.dcm", series_uid="1.2.4"),
    ]

    assert [dicom.read([path]).series[0][0].unit for path in paths] == ["HU", "stored", "stored"]


def test_padding_is_told_in_the_unit_of_the_pixels(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", signed=True, extra={"PixelPaddingValue": -2000})

    assert dicom.read([path]).series[0][0].padding == -3024


def test_a_range_of_padding_is_told_in_the_unit_of_the_pixels(tmp_path: Path) -> None:
    extra = {"PixelPaddingValue": -2000, "PixelPaddingRangeLimit": -1985}
    path = write_ct(tmp_path / "a.dcm", signed=True, extra=extra)

    image = dicom.read([path]).series[0][0]

    assert (image.padding, image.padding_limit) == (-3024, -3009)


@pytest.mark.parametrize("unit", [0.001, 0.1, 1 / 25.4, 1000.0])
def test_a_spacing_that_no_body_has_is_said(tmp_path: Path, unit: float) -> None:
    spacing = (2.8 * unit, 2.8 * unit)
    path = write_ct(tmp_path / "a.dcm", rows=128, columns=128, spacing=spacing)
    image = dicom.read([path]).series[0][0]
    (row,) = dicom.inspect([path])

    for warnings in (image.warnings, row.warnings):
        assert any("spacing" in one for one in warnings)


def test_a_slice_knows_what_must_not_leak(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm")

    source = dicom.read([path]).series[0][0].source

    assert {PATIENT_NAME, "Musterfrau", PATIENT_ID, STUDY_UID, "20200131", "2020-01-31"} <= (
        source.identifiers
    )
    assert "1.2.840.10008.5.1.4.1.1.2" not in source.identifiers


def test_a_title_with_an_identifier_leaves_it_out(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", description="thorax of Musterfrau")

    assert dicom.read([path]).series[0].title == "1 · CT"


def test_every_slice_is_handed_over_as_soon_as_it_is_read(tmp_path: Path) -> None:
    write_series(tmp_path, 3)
    seen: list[Slice] = []
    told: list[int] = []

    dicom.read([tmp_path], lambda _, __: told.append(len(seen)), on_slice=seen.append)

    assert len(seen) == 3
    assert {0, 1, 2, 3} <= set(told)


def test_a_cancelled_reading_stops(tmp_path: Path) -> None:
    write_series(tmp_path, 3)
    seen: list[Slice] = []

    def cancel(fraction: float, _: str) -> None:
        if seen:
            raise Cancelled

    with pytest.raises(Cancelled):
        dicom.read([tmp_path], cancel, on_slice=seen.append)

    assert len(seen) == 1


def test_an_unknown_place_of_frames_is_not_invented(tmp_path: Path) -> None:
    stored = np.zeros((3, 8, 8), dtype=np.uint16)
    path = write_enhanced_ct(tmp_path / "a.dcm", 3, stored=stored)
    from pydicom import dcmread

    ds = dcmread(path)
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    del ds.PerFrameFunctionalGroupsSequence
    ds.save_as(path)

    (series,) = dicom.read([path]).series

    assert not any(image.has_position for image in series)


def test_the_row_of_a_file_is_plain_json(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", rows=400, columns=600, spacing=(0.5, 0.25))

    row = dicom.inspect([path])[0].as_json()

    assert row["shape"] == [400, 600]
    assert row["spacing_mm"] == [0.5, 0.25]
    assert (row["dtype"], row["frames"], row["status"]) == ("<u2", 1, "open")
    assert row["warnings"] == []


def write_clip(path: Path, stored: int, instance: int, **extra: object) -> Path:
    """Three frames without a place, of one value, two and three above."""
    ds = make_dataset(SecondaryCaptureImageStorage, modality="US", instance=instance)
    frames = np.full((3, 8, 8), stored, np.uint8) + np.arange(3, dtype=np.uint8)[:, None, None]
    put_pixels(ds, frames, frames=3)
    return save(ds, path, extra=extra)


def values_of(opened: Opened) -> list[list[float]]:
    return [[float(image.pixels[0, 0]) for image in series] for series in opened.series]


def test_clips_of_one_series_are_shown_apart(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.dcm", 10, 1)
    write_clip(tmp_path / "b.dcm", 20, 2)

    assert values_of(dicom.read([tmp_path])) == [[10, 11, 12], [20, 21, 22]]


def test_the_parts_of_one_split_object_are_one_series_in_order(tmp_path: Path) -> None:
    whole = {"ConcatenationUID": "1.2.826.0.1.3680043.8.498.9"}
    write_clip(tmp_path / "a.dcm", 20, 2, InConcatenationNumber=2, **whole)
    write_clip(tmp_path / "b.dcm", 10, 1, InConcatenationNumber=1, **whole)

    assert values_of(dicom.read([tmp_path])) == [[10, 11, 12, 20, 21, 22]]


@pytest.mark.parametrize("uid", [None, "1.2.3.4"])
def test_clips_without_identifiers_of_their_own_are_shown_apart(
    tmp_path: Path, uid: str | None
) -> None:
    write_clip(tmp_path / "a.dcm", 10, 1, SOPInstanceUID=uid)
    write_clip(tmp_path / "b.dcm", 20, 2, SOPInstanceUID=uid)

    assert values_of(dicom.read([tmp_path])) == [[10, 11, 12], [20, 21, 22]]


def test_a_copy_of_a_clip_is_left_out_and_said(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.dcm", 10, 1)
    (tmp_path / "b.dcm").write_bytes(first.read_bytes())

    (series,) = dicom.read([tmp_path]).series

    assert len(series) == 3
    assert series.warnings == ("A copy of this clip was left out.",)


def test_equal_frames_of_a_clip_stay(tmp_path: Path) -> None:
    ds = make_dataset(SecondaryCaptureImageStorage, modality="US")
    put_pixels(ds, np.full((4, 8, 8), 7, np.uint8), frames=4)

    (series,) = dicom.read([save(ds, tmp_path / "a.dcm")]).series

    assert (len(series), series.warnings) == (4, ())
