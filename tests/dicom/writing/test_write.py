import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from jrviewer import dicom
from jrviewer.core.strength import HIGH, STANDARD
from jrviewer.dicom.writing.derived_image import SERIES_DESCRIPTION
from tests.dicom.opened import slice_of
from tests.dicom.tools.conformance import complaints, denoised
from tests.support.dicom_factory import (
    write_colour,
    write_ct,
    write_enhanced_ct,
    write_mr,
    write_series,
)

CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
MR = "1.2.840.10008.5.1.4.1.1.4"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
WEIGHTS = "ab" * 32

SOURCES: dict[str, tuple[Callable[..., Path], str]] = {
    "ct": (write_ct, CT),
    "mr": (write_mr, MR),
    "enhanced": (write_enhanced_ct, ENHANCED_CT),
    "colour": (write_colour, CAPTURE),
}
every_source = pytest.mark.parametrize("kind", list(SOURCES))


def derived(kind: str, folder: Path) -> tuple[Path, Path]:
    """A source and what was derived from its last slice."""
    source = SOURCES[kind][0](folder / "source.dcm")
    target = folder / "derived.dcm"
    dicom.write_derived(denoised(slice_of(source, -1)), target)
    return source, target


@every_source
def test_the_derived_pixels_read_back_at_the_sources_place(kind: str, tmp_path: Path) -> None:
    source, target = derived(kind, tmp_path)
    before, after = slice_of(source, -1), slice_of(target)

    assert after.pixels == pytest.approx(before.pixels + 3, abs=0.01)
    assert after.plane.to_patient(np.array([[5.0, 7.0]])) == pytest.approx(
        before.plane.to_patient(np.array([[5.0, 7.0]]))
    )
    assert after.unit == before.unit


@every_source
def test_the_class_is_kept_only_for_modality_pixels(kind: str, tmp_path: Path) -> None:
    _, target = derived(kind, tmp_path)

    assert dicom.inspect([target])[0].sop_class == SOURCES[kind][1]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of dicom3tools")
@every_source
def test_dciodvfy_finds_no_error_that_the_source_lacks(kind: str, tmp_path: Path) -> None:
    source, target = derived(kind, tmp_path)

    assert complaints(target) <= complaints(source)


@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="needs DCMTK")
@every_source
def test_dcmtk_reads_the_derived_object(kind: str, tmp_path: Path) -> None:
    _, target = derived(kind, tmp_path)

    assert subprocess.run(["dcmdump", "-q", str(target)], stdout=subprocess.DEVNULL).returncode == 0  # noqa: PLW1510


def test_only_multi_frame_classes_are_referred_to_by_frame(tmp_path: Path) -> None:
    twice = dcmread(write_colour(tmp_path / "capture.dcm"))
    twice.NumberOfFrames, twice.PixelData = 2, twice.PixelData * 2
    twice.save_as(tmp_path / "capture.dcm")
    for source, named in (
        (tmp_path / "capture.dcm", False),
        (write_enhanced_ct(tmp_path / "enhanced.dcm"), True),
    ):
        target = source.with_suffix(".derived.dcm")
        dicom.write_derived(denoised(slice_of(source, -1)), target)
        assert ("ReferencedFrameNumber" in dcmread(target).SourceImageSequence[0]) is named


def test_gdcm_reads_back_the_very_pixels(tmp_path: Path) -> None:
    import gdcm

    _, target = derived("ct", tmp_path)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(target))

    assert reader.Read()
    raw = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    assert raw == dcmread(target).PixelData


def test_the_derivation_is_told_in_full(tmp_path: Path) -> None:
    source, target = derived("ct", tmp_path)
    before, after = dcmread(source), dcmread(target)

    assert list(after.ImageType) == ["DERIVED", "SECONDARY", "AXIAL"]
    assert after.SeriesDescription == SERIES_DESCRIPTION
    assert WEIGHTS in after.DerivationDescription
    assert after.DerivationCodeSequence[0].CodeValue == "113087"
    image = after.SourceImageSequence[0]
    assert image.ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert image.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    equipment = after.ContributingEquipmentSequence[-1]
    assert equipment.PurposeOfReferenceCodeSequence[0].CodeValue == "109102"


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        (0, "What was removed looks like noise."),
        (1, "Structure, not only noise, may have been removed in 1 place."),
        (3, "Structure, not only noise, may have been removed in 3 places."),
        (12, "Structure, not only noise, may have been removed in 12 places or more."),
    ],
)
@pytest.mark.parametrize("deidentified", [False, True])
def test_the_derivation_says_in_how_many_places_structure_may_be_gone(
    tmp_path: Path, marks: int, words: str, deidentified: bool
) -> None:
    image = slice_of(write_ct(tmp_path / "a.dcm"))
    target = tmp_path / "b.dcm"

    dicom.write_derived(denoised(image), target, deidentified=deidentified, removed_marks=marks)

    assert words in dcmread(target).DerivationDescription


def test_patient_and_study_are_kept_and_object_and_series_are_new(tmp_path: Path) -> None:
    source, target = derived("ct", tmp_path)
    before, after = dcmread(source), dcmread(target)

    assert after.PatientName == before.PatientName
    assert after.StudyInstanceUID == before.StudyInstanceUID
    assert after.FrameOfReferenceUID == before.FrameOfReferenceUID
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert after.SeriesInstanceUID != before.SeriesInstanceUID


def test_another_strength_is_another_series(tmp_path: Path) -> None:
    image = slice_of(write_ct(tmp_path / "a.dcm"))
    made = {}
    for name, strength in (("b", STANDARD), ("c", STANDARD), ("d", HIGH)):
        dicom.write_derived(denoised(image).at(strength), tmp_path / f"{name}.dcm")
        made[name] = dcmread(tmp_path / f"{name}.dcm")

    assert made["b"].SeriesInstanceUID == made["c"].SeriesInstanceUID != made["d"].SeriesInstanceUID
    assert len({one.SOPInstanceUID for one in made.values()}) == 3


def test_names_in_another_character_set_survive(tmp_path: Path) -> None:
    source = write_ct(
        tmp_path / "a.dcm", patient_name="Müller^Jörg", extra={"SpecificCharacterSet": "ISO_IR 100"}
    )
    dicom.write_derived(denoised(slice_of(source)), tmp_path / "b.dcm")

    assert dcmread(tmp_path / "b.dcm").PatientName == "Müller^Jörg"


def test_all_slices_of_a_series_get_one_new_series(tmp_path: Path) -> None:
    write_series(tmp_path / "in", 3)
    (tmp_path / "out").mkdir()
    for index, image in enumerate(dicom.read([tmp_path / "in"]).series[0]):
        dicom.write_derived(denoised(image), tmp_path / "out" / f"{index}.dcm")

    (series,) = dicom.read([tmp_path / "out"]).series

    assert [image.plane.origin_mm[2] for image in series] == [0, 5, 10]


def test_padding_stays_padding_and_nothing_else_becomes_it(tmp_path: Path) -> None:
    hu = np.full((8, 8), -1021.0)
    hu[0] = -1024
    source = write_ct(tmp_path / "a.dcm", hu, extra={"PixelPaddingValue": 0})
    image = slice_of(source)
    lowered = replace(denoised(image), fully_denoised=image.pixels - 3)
    dicom.write_derived(lowered, tmp_path / "b.dcm")

    pixels = slice_of(tmp_path / "b.dcm").pixels

    assert (pixels[0] == -1024).all()
    assert (pixels[1:] == -1023).all()


def test_a_lossy_source_stays_lossy(tmp_path: Path) -> None:
    source = write_ct(
        tmp_path / "a.dcm",
        extra={"LossyImageCompression": "01", "LossyImageCompressionRatio": 10},
    )
    dicom.write_derived(denoised(slice_of(source)), tmp_path / "b.dcm")

    assert dcmread(tmp_path / "b.dcm").LossyImageCompression == "01"
    assert slice_of(tmp_path / "b.dcm").acquisition.lossy == "lossy 10:1"


def test_private_tags_icons_and_overlays_are_left_out(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm", extra={"IconImageSequence": [Dataset()]})
    ds = dcmread(source)
    ds.private_block(0x0029, "SECRET", create=True).add_new(1, "LO", "inside")
    ds.add_new(0x60003000, "OW", b"\0\0")
    ds.save_as(source)
    dicom.write_derived(denoised(slice_of(source)), tmp_path / "b.dcm")

    after = dcmread(tmp_path / "b.dcm")

    assert not [tag for tag in after.keys() if tag.is_private or tag.group == 0x6000]  # noqa: SIM118
    assert "IconImageSequence" not in after


def test_lines_are_written_and_the_seal_has_the_last_word(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm")
    target = tmp_path / "b.dcm"

    dicom.write_derived(
        denoised(slice_of(source)),
        target,
        lines=["app=JRViewer", "seal=0000"],
        seal=lambda content: content.replace(b"seal=0000", b"seal=1234"),
    )

    assert dcmread(target).ImageComments.splitlines() == ["app=JRViewer", "seal=1234"]


@pytest.mark.parametrize("illegal", [b"1.2.03.4", b"9.99.1.1", b"dcc95990"])
def test_an_illegal_identifier_of_the_source_is_not_repeated_and_it_is_said(
    tmp_path: Path, illegal: bytes
) -> None:
    source = write_ct(tmp_path / "a.dcm", sop_uid="1.2.33.4")
    source.write_bytes(source.read_bytes().replace(b"1.2.33.4", illegal))
    dicom.write_derived(denoised(slice_of(source)), tmp_path / "b.dcm")
    after = dcmread(tmp_path / "b.dcm")

    assert "SourceImageSequence" not in after
    assert "no legal UID" in after.DerivationDescription


@pytest.mark.parametrize(
    ("writer", "stated", "said"),
    [
        (write_ct, None, ""),
        (write_ct, "YES", "YES"),
        (write_colour, "YES", "YES"),
        (write_colour, "NO", "NO"),
        (write_colour, None, ""),
    ],
)
def test_text_burned_into_the_source_is_not_denied(
    tmp_path: Path, writer: Callable[..., Path], stated: str | None, said: str
) -> None:
    source = writer(tmp_path / "a.dcm", extra={"BurnedInAnnotation": stated})
    dicom.write_derived(denoised(slice_of(source)), tmp_path / "b.dcm")

    assert dcmread(tmp_path / "b.dcm").get("BurnedInAnnotation", "") == said


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of dicom3tools")
def test_what_a_careless_anonymiser_leaves_is_put_right(tmp_path: Path) -> None:
    """As in LIDC-IDRI: what must be there is gone, a code is called a text; elsewhere a distance is
    below zero.
    """
    ds = dcmread(write_ct(tmp_path / "source.dcm"))
    del ds.AcquisitionNumber, ds.PositionReferenceIndicator
    ds.BodyPartExamined = ""
    ds.SpacingBetweenSlices = "-2.50"
    ds.add_new("LongitudinalTemporalInformationModified", "SH", "MODIFIED")
    ds.save_as(tmp_path / "source.dcm")
    target = tmp_path / "derived.dcm"

    dicom.write_derived(denoised(slice_of(tmp_path / "source.dcm")), target)

    assert any("AcquisitionNumber" in one for one in complaints(tmp_path / "source.dcm"))
    assert not complaints(target)
    assert dcmread(target).SpacingBetweenSlices == 2.5
    assert dcmread(target)["LongitudinalTemporalInformationModified"].VR == "CS"
