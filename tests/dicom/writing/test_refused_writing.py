"""Sources that no derived object is made from, and what the checks stop."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import SegmentationStorage

from jrviewer import dicom
from jrviewer.core.errors import ExportError
from jrviewer.dicom.writing.derivation import Origin
from jrviewer.dicom.writing.derived_checks import require_sound
from jrviewer.dicom.writing.derived_image import derive
from jrviewer.dicom.writing.write import _origin
from tests.dicom.opened import slice_of
from tests.dicom.tools.conformance import denoised
from tests.support.dicom_factory import (
    write_colour,
    write_ct,
)


def test_a_source_that_changed_is_not_derived_from(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm")
    image = slice_of(source)
    write_ct(source, np.zeros((64, 64)))

    with pytest.raises(ExportError, match="has changed"):
        dicom.write_derived(denoised(image), tmp_path / "b.dcm")

    assert not (tmp_path / "b.dcm").exists()


def test_a_source_that_names_another_patient_by_now_is_not_derived_from(tmp_path: Path) -> None:
    pixels = np.ones((64, 64))
    image = slice_of(write_ct(tmp_path / "a.dcm", pixels, patient_name="Beispiel^Anna"))
    write_ct(tmp_path / "a.dcm", pixels, patient_name="Muster^Berta")

    with pytest.raises(ExportError, match="has changed"):
        dicom.write_derived(denoised(image), tmp_path / "b.dcm")

    assert not (tmp_path / "b.dcm").exists()


def test_a_source_that_is_gone_is_said(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm")
    image = slice_of(source)
    source.unlink()

    with pytest.raises(ExportError, match="no longer be read"):
        dicom.write_derived(denoised(image), tmp_path / "b.dcm")


def test_a_source_without_identifiers_is_not_derived_from(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm", extra={"StudyInstanceUID": None})

    with pytest.raises(ExportError, match="lacks the identifiers"):
        dicom.write_derived(denoised(slice_of(source)), tmp_path / "b.dcm")


def test_a_disk_that_refuses_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_ct(tmp_path / "a.dcm")
    target = tmp_path / "out" / "b.dcm"
    target.parent.mkdir()
    target.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExportError, match="disk is full"):
        dicom.write_derived(denoised(slice_of(source)), target)

    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"old"]


MUTANTS: dict[str, Callable[[Dataset, Dataset], None]] = {
    "new identifiers": lambda ds, source: setattr(ds, "SOPInstanceUID", source.SOPInstanceUID),
    "same patient and study": lambda ds, _: setattr(ds, "StudyInstanceUID", "1.2.3"),
    "image type": lambda ds, _: setattr(ds, "ImageType", ["ORIGINAL", "PRIMARY", "AXIAL"]),
    "derivation": lambda ds, _: delattr(ds, "DerivationDescription"),
    "source image": lambda ds, _: delattr(ds, "SourceImageSequence"),
    "equipment": lambda ds, _: setattr(ds, "ContributingEquipmentSequence", []),
    "lossy": lambda ds, _: delattr(ds, "LossyImageCompression"),
    "label": lambda ds, source: setattr(ds, "SeriesDescription", source.SeriesDescription),
    "no foreign pixels": lambda ds, _: setattr(ds, "BurnedInAnnotation", "YES"),
    "geometry": lambda ds, _: setattr(ds, "PixelSpacing", [2, 2]),
    "pixels": lambda ds, _: setattr(ds, "PixelData", b"\0\0"),
    "extremes": lambda ds, _: delattr(ds, "LargestImagePixelValue"),
}


@pytest.mark.parametrize("rule", list(MUTANTS))
def test_the_checks_stop_an_object_that_breaks_a_rule(rule: str, tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm", extra={"LossyImageCompression": "01"})
    image = slice_of(source)
    origin: Origin = _origin(image.source)
    ds = derive(denoised(image), origin, ())
    require_sound(ds, origin)

    MUTANTS[rule](ds, origin.parsed.dataset)

    with pytest.raises(ExportError, match=rule):
        require_sound(ds, origin)


def test_labels_are_not_derived_from(tmp_path: Path) -> None:
    source = write_colour(tmp_path / "a.dcm", np.eye(16, dtype=np.uint8))
    labels = dcmread(source)
    labels.SOPClassUID = SegmentationStorage
    labels.save_as(source)

    with pytest.raises(ExportError, match="holds labels"):
        dicom.write_derived(denoised(slice_of(source)), tmp_path / "b.dcm")
