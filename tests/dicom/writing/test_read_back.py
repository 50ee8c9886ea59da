"""Derived files are read back by others: pydicom, and dciodvfy without an error of our making."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import EnhancedMRImageStorage, MRImageStorage

from jrviewer import dicom
from jrviewer.core.errors import ExportError
from jrviewer.dicom.writing import write
from tests.dicom.opened import slice_of
from tests.dicom.tools.conformance import complaints, denoised
from tests.support.dicom_factory import write_ct, write_enhanced_ct
from tests.support.dicom_objects import make_dataset, put_pixels, put_plane, save

PULSE_SEQUENCE = {
    "PulseSequenceName": "fl3d",
    "MRAcquisitionType": "3D",
    "EchoPulseSequence": "GRADIENT",
    "MultiPlanarExcitation": "NO",
    "PhaseContrast": "NO",
    "TimeOfFlightContrast": "NO",
    "SteadyStatePulseSequence": "NONE",
    "EchoPlanarPulseSequence": "NO",
    "SaturationRecovery": "NO",
    "SpectrallySelectedSuppression": "NONE",
    "OversamplingPhase": "NONE",
    "GeometryOfKSpaceTraversal": "RECTILINEAR",
    "RectilinearPhaseEncodeReordering": "LINEAR",
    "SegmentedKSpaceTraversal": "SINGLE",
    "CoverageOfKSpace": "FULL",
    "NumberOfKSpaceTrajectories": 1,
}


def enhanced_mr(path: Path) -> Path:
    """An original Enhanced MR with the attributes that only original ones may have."""
    ds = dcmread(write_enhanced_ct(path))
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    ds.Modality = "MR"
    for keyword, value in PULSE_SEQUENCE.items():
        setattr(ds, keyword, value)
    for frame in ds.PerFrameFunctionalGroupsSequence:
        frame.PixelValueTransformationSequence[0].RescaleType = "US"
    ds.save_as(path)
    return path


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of dicom3tools")
def test_a_derived_enhanced_mr_has_no_error_that_its_source_lacks(tmp_path: Path) -> None:
    source = enhanced_mr(tmp_path / "a.dcm")
    dicom.write_derived(denoised(slice_of(source, -1)), tmp_path / "b.dcm")

    assert complaints(tmp_path / "b.dcm") <= complaints(source)


def test_a_derived_enhanced_mr_has_nothing_of_the_pulse_sequence(tmp_path: Path) -> None:
    dicom.write_derived(denoised(slice_of(enhanced_mr(tmp_path / "a.dcm"), -1)), tmp_path / "b.dcm")

    assert not set(PULSE_SEQUENCE) & set(dcmread(tmp_path / "b.dcm").dir())


def multi_frame_mr(path: Path) -> Path:
    """An object of the class for single MR images that holds three, with one position."""
    ds = make_dataset(MRImageStorage, modality="MR")
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    put_plane(ds)
    put_pixels(ds, np.arange(3 * 64, dtype=np.uint16).reshape(3, 8, 8), frames=3)
    return save(ds, path)


def test_one_frame_of_a_class_for_single_images_says_that_it_is_one(tmp_path: Path) -> None:
    image = slice_of(multi_frame_mr(tmp_path / "a.dcm"), -1)
    dicom.write_derived(denoised(image), tmp_path / "b.dcm")

    after = dcmread(tmp_path / "b.dcm")

    assert after.pixel_array.shape == (8, 8)
    assert "NumberOfFrames" not in after
    assert "ImagePositionPatient" not in after  # of which frame it is, nobody knows
    assert (slice_of(tmp_path / "b.dcm").pixels == image.pixels + 3).all()


def test_a_derived_file_that_pydicom_does_not_read_back_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = slice_of(write_ct(tmp_path / "a.dcm"))
    encoded = write._encoded

    def damaged(ds: Dataset) -> bytes:
        return encoded(ds)[:-2] + b"\xab\xcd"

    monkeypatch.setattr(write, "_encoded", damaged)

    with pytest.raises(ExportError, match="could not be read back"):
        dicom.write_derived(denoised(image), tmp_path / "b.dcm")
    assert not (tmp_path / "b.dcm").exists()
