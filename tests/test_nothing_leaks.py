"""A file that tells its patient wherever a file can, through the real command: nothing that is
written or said tells it again.
"""

import zipfile
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence
from pydicom.uid import UID

from jrviewer import cli
from jrviewer.core.resources import resource

TOLD = ("geheimrat", "zaubermann", "778899", "19410203", "1941-02-03", "3.2.1941", "sonnenklinik")
NAMED = "Geheimrat"


def item(**values: object) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def write_telling(path: Path) -> Path:
    """The bundled phantom with a patient in every kind of place."""
    ds = dcmread(resource("sample/phantom.dcm"))
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Geheimrat^Zaubermann", "778899", "19410203"
    ds.InstitutionName, ds.BurnedInAnnotation = "Sonnenklinik", "NO"
    ds.ImageComments = "Geheimrat, born 3.2.1941, Sonnenklinik"
    ds.SeriesDescription, ds.StudyDescription = "CT Geheimrat 778899", "Zaubermann staging"
    ds.ContrastBolusAgent, ds.ConvolutionKernel = f"{NAMED} 100 ml", f"B30 {NAMED}"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL", NAMED.upper()]
    ds.WindowCenterWidthExplanation = ds.AdditionalPatientHistory = NAMED
    code = item(CodeMeaning=f"{NAMED}'s head", CodeValue="G1", CodingSchemeDesignator="99GEHEIMRAT")
    ds.AnatomicRegionSequence = Sequence([code])
    source = item(ReferencedSOPClassUID="1.2.3", ReferencedSOPInstanceUID="1.2.778899.1")
    source.PurposeOfReferenceCodeSequence = Sequence([code])
    ds.SourceImageSequence = Sequence([source])
    modified = item(ModifiedAttributesSequence=Sequence([item(PatientName=NAMED)]))
    ds.OriginalAttributesSequence = Sequence([modified])
    ds.private_block(0x0009, "GEHEIMRAT PRIVATE", create=True).add_new(1, "UN", b"Zaubermann")
    overlay = bytearray(512 * 512 // 8)
    overlay[: len(NAMED)] = NAMED.encode()
    for element, vr, value in (
        (0x60000010, "US", 512),
        (0x60000011, "US", 512),
        (0x60000022, "LO", "Zaubermann"),
        (0x60000040, "CS", "G"),
        (0x60000050, "SS", [1, 1]),
        (0x60000100, "US", 1),
        (0x60000102, "US", 0),
        (0x60001500, "LO", NAMED),
        (0x60003000, "OB", bytes(overlay)),
        (0x60004000, "LT", f"{NAMED}'s lesion"),
        (0x50000022, "LO", NAMED),
        (0xFFFCFFFC, "OB", b"Geheimrat\0"),
    ):
        ds.add_new(element, vr, value)
    ds.file_meta.SourceApplicationEntityTitle = NAMED.upper()
    ds.file_meta.PrivateInformationCreatorUID = UID("1.2.3")
    ds.file_meta.PrivateInformation = b"Geheimrat\0"
    ds.preamble = NAMED.encode().ljust(128, b"\0")
    path.parent.mkdir()
    ds.save_as(path)
    return path


def told_in(folder: Path) -> list[tuple[str, str]]:
    """(file, what it tells) of every file, by its name and its bytes."""
    return [
        (file.name, word)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        for word in TOLD
        if word in file.name.lower() or word.encode() in file.read_bytes().lower()
    ]


@pytest.mark.slow
@pytest.mark.parametrize("archived", [False, True])
def test_without_identity_no_export_tells_the_patient(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], archived: bool
) -> None:
    source = write_telling(tmp_path / "Geheimrat" / "Zaubermann_3.2.1941.dcm")
    if archived:
        with zipfile.ZipFile(tmp_path / "Zaubermann.zip", "w") as archive:
            archive.write(source, "Geheimrat/778899.dcm")
        source = tmp_path / "Zaubermann.zip"
    out = tmp_path / "out"

    words = ["predict", str(source), "--out", str(out), "--deidentify", "--run-anyway"]
    status = cli.main([*words, "--only", "ply,png,dcm,vtp,csv,sheet-pdf,sheet-png"])

    assert status == 0
    names = {path.name for path in out.iterdir()}
    endings = ("ply", "png", "vtp", "csv", "evidence.pdf", "evidence.png")
    assert {f"slice-0001.{ending}" for ending in endings} <= names
    assert "slice-0001.denoised.dcm" in names
    assert told_in(out) == []
    said = capsys.readouterr()
    assert not [word for word in TOLD if word in (said.out + said.err).lower()]


@pytest.mark.slow
def test_with_identity_only_the_derived_dicom_tells_it(tmp_path: Path) -> None:
    source = write_telling(tmp_path / "Geheimrat" / "Muster_3-2-1941.dcm")
    out = tmp_path / "out"

    assert cli.main(["predict", str(source), "--out", str(out), "--run-anyway"]) == 0

    assert {name for name, _ in told_in(out)} == {"slice-0001.denoised.dcm"}
