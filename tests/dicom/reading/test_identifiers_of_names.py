"""Which file names tell the patient that a real file names, however it writes the name."""

from pathlib import Path

import pytest

from jrviewer.core.identifier_search import names_patient
from tests.dicom.opened import slice_of
from tests.support.dicom_factory import write_ct


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("MUSTER HANS", ["muster", "Hans.dcm", "HansMuster", "muster_hans_ct1"]),
        ("Muster, Hans", ["muster", "hans", "HansMuster", "muster-hans"]),
        ("Muster-Lüdenscheidt^Karl Heinz^^Dr.", ["luedenscheidt", "Karl", "heinz", "KarlHeinz"]),
        ("van der Muster^Jan", ["muster", "vanDerMuster", "Muster_Jan"]),
    ],
)
def test_a_word_of_a_name_tells_the_patient(tmp_path: Path, name: str, told: list[str]) -> None:
    source = slice_of(write_ct(tmp_path / "a.dcm", patient_name=name)).source

    assert [one for one in told if not names_patient(one, source.identifiers)] == []
    assert not names_patient("IM0001_thorax.dcm", source.identifiers)


@pytest.mark.parametrize(
    "keyword", ["ClinicalTrialSubjectID", "MedicalRecordLocator", "ServiceEpisodeID"]
)
def test_numbers_of_a_patient_outside_the_patients_module_are_known(
    tmp_path: Path, keyword: str
) -> None:
    source = slice_of(write_ct(tmp_path / "a.dcm", extra={keyword: "QX-8812345"})).source

    assert names_patient("qx_8812345.dcm", source.identifiers)


@pytest.mark.parametrize("name", ["Slice^Thickness", "Evidence Cloud", "Measured Surface^Phantom"])
def test_the_names_that_exports_get_tell_no_patient(tmp_path: Path, name: str) -> None:
    source = slice_of(write_ct(tmp_path / "a.dcm", patient_name=name)).source

    for own in ("slice-0001_slice40_of_66.denoised.dcm", "slice-0001.evidence.pdf", "cloud.png"):
        assert not names_patient(own, source.identifiers)
    assert not names_patient("measured-surface-0002.stl", source.identifiers)
