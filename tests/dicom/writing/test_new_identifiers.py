"""Which derived objects are one series."""

from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from jrviewer import dicom
from tests.dicom.opened import slice_of
from tests.dicom.tools.conformance import denoised
from tests.support.dicom_factory import write_ct


def derived(folder: Path, patient: str, *, uid_map: dicom.UidMap | None) -> Dataset:
    """What is derived of a slice of a patient; all have the same UIDs and pixels."""
    source = write_ct(
        folder / f"{patient}.dcm",
        series_uid="1.2.826.0.1.7",
        study_uid="1.2.826.0.1.8",
        sop_uid="1.2.826.0.1.9",
        patient_id=patient,
    )
    target = folder / f"{patient}.denoised.dcm"
    dicom.write_derived(denoised(slice_of(source)), target, uid_map=uid_map)
    return dcmread(target)


@pytest.mark.parametrize("uid_map", [None, dicom.UidMap()], ids=["each", "one run"])
def test_patients_whose_sources_share_their_identifiers_share_no_derived_series(
    tmp_path: Path, uid_map: dicom.UidMap | None
) -> None:
    made = [derived(tmp_path, patient, uid_map=uid_map) for patient in ("P1", "P2")]

    assert len({ds.SeriesInstanceUID for ds in made}) == 2
    assert len({ds.SOPInstanceUID for ds in made}) == 2
    assert len({ds.StudyInstanceUID for ds in made}) == 1
