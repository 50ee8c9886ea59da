import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from jrviewer import dicom
from jrviewer.core.errors import ExportError
from jrviewer.core.records import Slice
from jrviewer.dicom.common.patient_identity import identifiers_of
from jrviewer.dicom.writing.deidentified_checks import identifiers_to_hide, require_anonymous
from jrviewer.dicom.writing.deidentify import deidentify, own_texts
from jrviewer.dicom.writing.derived_image import derive
from jrviewer.dicom.writing.uid_map import UidMap
from jrviewer.dicom.writing.write import _origin
from tests.dicom.opened import slice_of
from tests.dicom.tools.conformance import complaints, denoised
from tests.support.dicom_factory import (
    write_colour,
    write_ct,
    write_enhanced_ct,
    write_mr,
    write_series,
)

WRITERS: dict[str, Callable[..., Path]] = {
    "ct": write_ct,
    "mr": write_mr,
    "enhanced": write_enhanced_ct,
}
every_class = pytest.mark.parametrize("kind", list(WRITERS))


def full_of_secrets() -> dict[str, object]:
    """Attributes that name the patient where one does not look first."""
    person, request, code = Dataset(), Dataset(), Dataset()
    person.PersonIdentificationCodeSequence = []
    person.InstitutionName = "Secret Hospital"
    request.RequestedProcedureDescription = "for Secretperson"
    code.CodeValue, code.CodingSchemeDesignator = "1", "99SECRET"
    code.CodeMeaning = "Secretperson's own code"
    return {
        "PatientComments": "Secretperson lives in Secrettown",
        "ImageComments": "Secretperson",
        "StudyDescription": "Secretperson's thorax",
        "ProtocolName": "Secretperson",
        "DerivationDescription": "by Secretperson",
        "ContrastBolusAgent": "Secretperson",
        "DeviceSerialNumber": "SECRET-123",
        "StationName": "SECRETSTATION",
        "AcquisitionDate": "20200131",
        "PatientAge": "055Y",
        "PatientWeight": 71,
        "FrameOfReferenceUID": "1.2.826.0.1.3680043.8.498.3",
        "IrradiationEventUID": "1.2.826.0.1.3680043.8.498.77",
        "PhysiciansOfRecordIdentificationSequence": [person],
        "RequestAttributesSequence": [request],
        "ProcedureCodeSequence": [code],
        "AnatomicRegionSequence": [code],
    }


def anonymous(source: Path, target: Path, uid_map: dicom.UidMap | None = None) -> Dataset:
    dicom.write_derived(denoised(slice_of(source)), target, deidentified=True, uid_map=uid_map)
    return dcmread(target)


@every_class
def test_nothing_in_the_bytes_names_the_patient(kind: str, tmp_path: Path) -> None:
    source = WRITERS[kind](tmp_path / "a.dcm", extra=full_of_secrets())
    anonymous(source, tmp_path / "b.dcm")

    content = (tmp_path / "b.dcm").read_bytes().lower()

    identifiers = identifiers_of(dcmread(source))
    assert not [one for one in identifiers if one.lower().encode() in content]
    assert b"secret" not in content
    assert b"055y" not in content


@every_class
def test_the_picture_and_its_place_survive(kind: str, tmp_path: Path) -> None:
    source = WRITERS[kind](tmp_path / "a.dcm")
    anonymous(source, tmp_path / "b.dcm")
    before, after = slice_of(source), slice_of(tmp_path / "b.dcm")

    assert after.has_position
    assert after.pixels == pytest.approx(before.pixels + 3, abs=0.01)
    assert (after.unit, after.plane.spacing_mm) == (before.unit, before.plane.spacing_mm)
    assert after.plane.origin_mm.tolist() == before.plane.origin_mm.tolist()


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of dicom3tools")
@every_class
def test_dciodvfy_finds_no_error_that_the_source_lacks(kind: str, tmp_path: Path) -> None:
    source = WRITERS[kind](tmp_path / "a.dcm")
    anonymous(source, tmp_path / "b.dcm")

    assert complaints(tmp_path / "b.dcm") <= complaints(source)


def test_it_says_that_and_how_the_identity_was_removed(tmp_path: Path) -> None:
    after = anonymous(write_ct(tmp_path / "a.dcm"), tmp_path / "b.dcm")

    assert after.PatientIdentityRemoved == "YES"
    codes = [item.CodeValue for item in after.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113105"]
    assert after.LongitudinalTemporalInformationModified == "REMOVED"


def test_objects_of_one_release_still_belong_together(tmp_path: Path) -> None:
    uid_map = dicom.UidMap()
    paths = write_series(tmp_path / "in", 2)
    first, second = (
        anonymous(path, tmp_path / f"{number}.dcm", uid_map) for number, path in enumerate(paths)
    )

    for keyword in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert first[keyword].value == second[keyword].value
    assert first.SOPInstanceUID != second.SOPInstanceUID
    references = [one.SourceImageSequence[0].ReferencedSOPInstanceUID for one in (first, second)]
    assert references == [uid_map.uid(dcmread(path).SOPInstanceUID) for path in paths]


def test_another_release_gives_other_pseudonyms(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm")
    first, second = (anonymous(source, tmp_path / f"{number}.dcm") for number in range(2))

    for keyword in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert first[keyword].value != second[keyword].value


def test_pseudonyms_are_valid_uids() -> None:
    uid_map = UidMap()

    uids = {uid_map.uid(str(number)) for number in range(500)}

    assert len(uids) == 500
    assert all(uid.startswith("2.25.") and uid[5] != "0" and len(uid) <= 64 for uid in uids)


def test_private_uids_that_look_like_the_standards_are_remapped(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm", study_uid="1.2.840.10008.4711.1")

    after = anonymous(source, tmp_path / "b.dcm")

    assert after.StudyInstanceUID.startswith("2.25.")


def test_a_picture_that_may_show_a_name_is_not_deidentified(tmp_path: Path) -> None:
    capture = write_colour(tmp_path / "a.dcm")
    burned = write_ct(tmp_path / "b.dcm", extra={"BurnedInAnnotation": "YES"})
    screen = write_ct(
        tmp_path / "s.dcm", extra={"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}
    )
    unknown = write_ct(tmp_path / "u.dcm", extra={"ImageType": None})

    for source in (capture, burned, screen, unknown):
        with pytest.raises(ExportError, match="may show the patient's name"):
            anonymous(source, tmp_path / "c.dcm")
    assert not (tmp_path / "c.dcm").exists()


def test_a_name_planted_among_our_own_lines_stops_the_export(tmp_path: Path) -> None:
    prediction = denoised(slice_of(write_ct(tmp_path / "a.dcm")))

    with pytest.raises(ExportError, match="not be anonymous"):
        dicom.write_derived(
            prediction, tmp_path / "b.dcm", lines=["by MUSTERFRAU"], deidentified=True
        )
    assert not (tmp_path / "b.dcm").exists()


def test_a_file_name_with_the_patients_name_stops_the_export(tmp_path: Path) -> None:
    prediction = denoised(slice_of(write_ct(tmp_path / "a.dcm")))

    with pytest.raises(ExportError, match="file name"):
        dicom.write_derived(prediction, tmp_path / "musterfrau.dcm", deidentified=True)


def test_a_name_planted_in_the_pixels_stops_the_export(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm")
    image = slice_of(source)
    raw = dcmread(source).PixelData[200:216].decode("latin-1")
    known = replace(image.source, identifiers=image.source.identifiers | {raw})
    lowered = replace(
        denoised(image), slice=replace(image, source=known), fully_denoised=image.pixels
    )

    with pytest.raises(ExportError, match="identifies the patient"):
        dicom.write_derived(lowered, tmp_path / "b.dcm", deidentified=True)


def put_name_in_item(ds: Dataset) -> None:
    ds.SourceImageSequence[0].ReferencedSOPClassUID = "1.2.826.0.1.3680043.8.498.1"


MUTANTS: dict[str, Callable[[Dataset], None]] = {
    "said to be anonymous": lambda ds: setattr(ds, "PatientIdentityRemoved", "NO"),
    "new UIDs": put_name_in_item,
    "no names and dates": lambda ds: setattr(ds, "StudyDate", "20200131"),
    "no identifiers": lambda ds: setattr(ds, "BodyPartExamined", "MUSTERFRAU"),
    "no private attributes": lambda ds: ds.add_new(0x00290010, "LO", "x"),
}


@pytest.mark.parametrize("rule", list(MUTANTS))
def test_the_checks_stop_an_object_that_tells_who_it_is(rule: str, tmp_path: Path) -> None:
    image: Slice = slice_of(write_ct(tmp_path / "a.dcm"))
    origin, prediction, uid_map = _origin(image.source), denoised(image), UidMap()
    ds = derive(prediction, origin, (), uid_map=uid_map)
    identifies = identifiers_to_hide(origin.parsed.dataset, prediction).occur_in
    deidentify(ds, uid_map, own_texts(ds, ()), identifies)
    ds.RecognizableVisualFeatures = "NO"
    require_anonymous(ds, origin.parsed.dataset, prediction)

    MUTANTS[rule](ds)

    with pytest.raises(ExportError, match=rule):
        require_anonymous(ds, origin.parsed.dataset, prediction)


def test_a_patient_who_was_anonymous_before_is_deidentified_again(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm", patient_name="Anonymous")

    after = anonymous(source, tmp_path / "b.dcm")

    assert after.PatientName == "ANONYMOUS"


def test_codes_that_name_the_patient_go_and_the_others_stay(tmp_path: Path) -> None:
    source = write_ct(
        tmp_path / "a.dcm",
        patient_name="Chest^Perfusion",
        extra={
            "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "PERFUSION"],
            "BodyPartExamined": "PERFUSION",
            "InstitutionName": "Factory",
            "RescaleType": "HU",
        },
    )

    after = anonymous(source, tmp_path / "b.dcm")

    assert after.ImageType == ["DERIVED", "SECONDARY", "AXIAL"]
    assert "BodyPartExamined" not in after
    assert (after.Manufacturer, after.RescaleType) == ("", "HU")


def test_the_types_of_an_enhanced_object_keep_their_four_values(tmp_path: Path) -> None:
    types = ["ORIGINAL", "PRIMARY", "PERFUSION", "NONE"]
    source = write_enhanced_ct(
        tmp_path / "a.dcm", patient_name="Perfusion^Chest", extra={"ImageType": types}
    )

    after = anonymous(source, tmp_path / "b.dcm")

    assert after.ImageType == ["DERIVED", "PRIMARY", "VOLUME", "FILTERED"]


@pytest.mark.parametrize(("face", "said"), [(True, "YES"), (False, "NO")])
def test_it_says_whether_the_pixels_may_show_a_face(tmp_path: Path, face: bool, said: str) -> None:
    image = slice_of(write_ct(tmp_path / "a.dcm"))
    dicom.write_derived(denoised(image), tmp_path / "b.dcm", deidentified=True, face=face)

    assert dcmread(tmp_path / "b.dcm").RecognizableVisualFeatures == said


def test_who_does_not_say_is_taken_for_a_face(tmp_path: Path) -> None:
    after = anonymous(write_ct(tmp_path / "a.dcm"), tmp_path / "b.dcm")

    assert after.RecognizableVisualFeatures == "YES"


@pytest.mark.parametrize("kind", ["ct", "enhanced"])
@pytest.mark.parametrize(
    "stand_in", [{"PatientBirthDate": "19000101"}, {"PatientID": "00000000"}], ids=str
)
def test_what_stands_for_an_identity_that_was_removed_stops_no_export(
    kind: str, stand_in: dict[str, object], tmp_path: Path
) -> None:
    source = WRITERS[kind](tmp_path / "a.dcm", extra=stand_in)

    ds = anonymous(source, tmp_path / "b.dcm")

    assert ds.PatientBirthDate == ""
    assert ds.PatientID.startswith("ANON-")
