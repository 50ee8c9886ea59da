"""Of the fifteen things that users of other viewers report most, those about the meaning and the
place of pixels, and objects that are hostile or hold none.
"""

import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from jrviewer import dicom
from jrviewer.ui.state.captions import lossy_text
from tests.dicom.opened import BIG_ENDIAN, DEFLATED, RAMP, row_of, series_of, slice_of
from tests.support.dicom_factory import (
    tilted,
    write_colour,
    write_ct,
    write_enhanced_ct,
    write_mr,
    write_object,
    write_report,
    write_series,
    write_structure_set,
)


def test_case_09_every_frame_has_its_own_rescale_plane_and_spacing(tmp_path: Path) -> None:
    path = write_enhanced_ct(
        tmp_path / "a.dcm",
        2,
        spacing=(2.0, 0.5),
        step_mm=3,
        slopes=[1, 2],
        intercepts=[-1024, -500],
        stored=np.full((2, 8, 8), 100, dtype=np.uint16),
    )

    low, high = series_of(path)

    assert (low.pixels[0, 0], high.pixels[0, 0]) == (-924, -300)
    assert (low.plane.origin_mm[2], high.plane.origin_mm[2]) == (0, 3)
    assert high.plane.spacing_mm == (2.0, 0.5)
    assert low.unit == "HU"
    assert low.windows[0].width == 400


def test_case_10_all_windows_are_kept_with_their_names(tmp_path: Path) -> None:
    extra = {
        "WindowCenter": [40, -600],
        "WindowWidth": [400, 1500],
        "WindowCenterWidthExplanation": ["SOFT", "LUNG"],
        "VOILUTFunction": "SIGMOID",
    }
    windows = slice_of(write_ct(tmp_path / "a.dcm", extra=extra)).windows

    assert [(one.centre, one.width, one.name) for one in windows] == [
        (40, 400, "SOFT"),
        (-600, 1500, "LUNG"),
    ]
    assert windows[0].function == "SIGMOID"


def test_case_10_a_slope_below_one_keeps_its_fractions(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP * 0.25, slope=0.25, intercept=0)

    assert slice_of(path).pixels[0, :3].tolist() == [0, 0.25, 0.5]


def test_case_10_a_voi_table_is_scaled_to_one(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor = [4, 0, 16]
    table.LUTData = np.array([0, 13107, 26214, 65535], dtype="<u2").tobytes()
    path = write_ct(tmp_path / "a.dcm", extra={"VOILUTSequence": [table]})

    (lut,) = slice_of(path).voi_luts

    assert lut.values == pytest.approx([0, 0.2, 0.4, 1])
    assert lut.first == 0


def test_case_10_windows_of_a_colour_image_are_ignored(tmp_path: Path) -> None:
    path = write_colour(tmp_path / "a.dcm", extra={"WindowCenter": 10, "WindowWidth": 2})

    assert slice_of(path).windows == ()


def test_case_11_a_palette_of_65536_entries_written_as_0_opens(tmp_path: Path) -> None:
    ramp = np.arange(65536, dtype="<u2").tobytes()
    extra: dict[str, object] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name in ("Red", "Green", "Blue"):
        extra[f"{name}PaletteColorLookupTableDescriptor"] = [0, 0, 16]
        extra[f"{name}PaletteColorLookupTableData"] = ramp
    stored = np.array([[0, 256], [25600, 65535]], dtype=np.uint16)

    colour = slice_of(write_mr(tmp_path / "a.dcm", stored, extra=extra)).colour

    assert colour is not None
    assert colour[..., 0].tolist() == [[0, 1], [100, 255]]


def test_case_11_a_big_endian_palette_gives_the_same_colours(tmp_path: Path) -> None:
    extra: dict[str, object] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name in ("Red", "Green", "Blue"):
        extra[f"{name}PaletteColorLookupTableDescriptor"] = [2, 0, 16]
        extra[f"{name}PaletteColorLookupTableData"] = b"\x00\x00\x00\x64"  # 0 and 25600
    path = write_mr(
        tmp_path / "a.dcm",
        np.array([[0, 1]], dtype=np.uint16),
        extra=extra,
        transfer_syntax=BIG_ENDIAN,
    )

    colour = slice_of(path).colour

    assert colour is not None
    assert colour[..., 0].tolist() == [[0, 100]]


def test_case_12_slices_are_ordered_by_position_not_by_instance_number(tmp_path: Path) -> None:
    write_series(tmp_path, 5, reverse_numbers=True)

    positions = [image.plane.origin_mm[2] for image in series_of(tmp_path)]

    assert positions == [0, 5, 10, 15, 20]


def test_case_12_missing_slices_are_said(tmp_path: Path) -> None:
    write_series(tmp_path, 8, missing=[3, 4])

    assert series_of(tmp_path).warnings == ("2 slices missing: the series has gaps.",)


def test_case_12_a_tilted_gantry_is_said(tmp_path: Path) -> None:
    write_series(tmp_path, 4, orientation=tilted(15))

    assert "tilted 15°" in series_of(tmp_path).warnings[0]


def test_case_12_times_in_one_place_become_series_of_their_own(tmp_path: Path) -> None:
    for time in (1, 2):
        extra = {"TemporalPositionIdentifier": time}
        uid = f"1.2.3.{time}"
        for index in range(3):
            path = tmp_path / f"{time}-{index}.dcm"
            write_ct(path, position=(0, 0, index), sop_uid=f"{uid}.{index}", extra=extra)

    opened = dicom.read([tmp_path])

    assert [len(series) for series in opened.series] == [3, 3]


def test_case_13_without_a_spacing_no_millimetres_are_invented(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", spacing=None)

    assert slice_of(path).spacing_source == "missing"
    assert row_of(path).spacing_mm is None


def test_case_13_the_detectors_spacing_is_labelled_as_such(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", spacing=None, extra={"ImagerPixelSpacing": [0.2, 0.1]})

    image = slice_of(path)

    assert image.spacing_source == "detector"
    assert image.plane.spacing_mm == (0.2, 0.1)


@pytest.mark.parametrize(("modality", "said"), [("CT", "1600 × 1600 mm"), ("NM", "")])
def test_case_13_a_size_that_no_body_has_is_said_but_of_scans_of_whole_bodies(
    tmp_path: Path, modality: str, said: str
) -> None:
    path = write_ct(tmp_path / "a.dcm", spacing=(25.0, 25.0), extra={"Modality": modality})

    warnings = " ".join(slice_of(path).warnings)

    assert said in warnings
    assert ("another unit" in warnings) is bool(said)


@pytest.mark.parametrize(
    ("method", "name"), [("ISO_10918_1", "JPEG"), ("ISO_15444_1", "JPEG 2000"), ("OWN", "OWN")]
)
def test_a_lossy_compression_is_called_by_its_usual_name(
    tmp_path: Path, method: str, name: str
) -> None:
    extra = {"LossyImageCompression": "01", "LossyImageCompressionMethod": method}
    image = slice_of(write_ct(tmp_path / "a.dcm", extra=extra))

    assert lossy_text(image) == f"LOSSY {name}"


def test_case_14_an_unknown_character_set_does_not_block_the_image(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0)
    path.write_bytes(path.read_bytes().replace(b"ISO_IR 192", b"ISO_IR 999"))

    assert np.array_equal(slice_of(path).pixels, RAMP)


def test_case_14_wrong_numbers_do_not_block_the_image(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0, instance=77, window=(4321, 5432))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"4321", b"43,x").replace(b"IS\x02\x0077", b"IS\x02\x00?7"))

    assert np.array_equal(slice_of(path).pixels, RAMP)


def test_case_14_a_wrong_orientation_leaves_the_image_without_a_place(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", orientation=(1, 0, 0, 1, 0, 0))

    image = slice_of(path)

    assert not image.has_position
    assert "orientation makes no sense" in image.warnings[0]


def test_case_14_a_wrong_position_leaves_the_image_without_a_place_and_it_is_said(
    tmp_path: Path,
) -> None:
    path = write_ct(tmp_path / "a.dcm", extra={"ImagePositionPatient": [-180, -180]})

    image = slice_of(path)

    assert not image.has_position
    assert "position makes no sense" in image.warnings[0]


def test_case_15_objects_without_images_are_named(tmp_path: Path) -> None:
    paths = [
        write_report(tmp_path / "1"),
        write_structure_set(tmp_path / "2"),
        write_object(tmp_path / "3", "1.2.840.10008.5.1.4.1.1.104.1", "DOC"),
        write_object(tmp_path / "4", "1.2.840.10008.5.1.4.1.1.11.1", "PR"),
        write_object(tmp_path / "5", "1.2.840.10008.5.1.4.1.1.9.1.1", "ECG"),
    ]

    rows = dicom.inspect(paths)

    assert {row.status for row in rows} == {"no_image"}
    named = ["structured report", "RT structure set", "PDF", "presentation state", "waveform"]
    assert all(name in row.message for name, row in zip(named, rows, strict=True))


def test_case_15_a_hostile_length_is_an_error(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0)
    content = path.read_bytes()
    at = content.index(b"\xe0\x7f\x10\x00OW") + 8
    path.write_bytes(content[:at] + b"\xf0\xff\xff\xff" + content[at + 4 : -2])

    assert row_of(path).status == "corrupt"


def test_case_15_a_deflated_bomb_is_an_error(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", RAMP, intercept=0, transfer_syntax=DEFLATED)
    content = path.read_bytes()
    deflater = zlib.compressobj(wbits=-15)
    body = b"".join(deflater.compress(bytes(1 << 24)) for _ in range(6)) + deflater.flush()
    meta_end = 144 + int.from_bytes(content[140:144], "little")
    path.write_bytes(content[:meta_end] + body)

    assert row_of(path).status == "unsupported"


def test_case_15_an_image_of_hostile_size_is_an_error(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", extra={"Rows": 65535, "Columns": 65535})

    assert row_of(path).status == "unsupported"
