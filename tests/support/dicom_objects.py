"""What the DICOM files of tests are made of: modules of attributes, pixels, the file itself."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    generate_uid,
)

Vector = tuple[float, float, float]
Extra = Mapping[str, Any]

AXIAL = (1, 0, 0, 0, 1, 0)
SAGITTAL = (0, 1, 0, 0, 0, -1)
CORONAL = (1, 0, 0, 0, 0, -1)

PATIENT_NAME = "Musterfrau^Erika"
PATIENT_ID = "MRN-4711-0815"
STUDY_UID = "1.2.826.0.1.3680043.8.498.1"
SERIES_UID = "1.2.826.0.1.3680043.8.498.2"
FRAME_OF_REFERENCE_UID = "1.2.826.0.1.3680043.8.498.3"


class Identity(TypedDict, total=False):
    """What make_dataset takes besides the object's class and modality."""

    instance: int
    series_uid: str
    series_number: int | None
    study_uid: str
    sop_uid: str
    patient_name: str
    patient_id: str
    description: str


def make_dataset(
    sop_class: str = CTImageStorage,
    *,
    modality: str = "CT",
    instance: int = 1,
    series_uid: str = SERIES_UID,
    series_number: int | None = 1,
    study_uid: str = STUDY_UID,
    sop_uid: str = "",
    patient_name: str = PATIENT_NAME,
    patient_id: str = PATIENT_ID,
    description: str = "thorax routine",
) -> Dataset:
    """Patient, study, series and object of any kind, without pixels."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = sop_uid or generate_uid(entropy_srcs=[series_uid, str(instance), sop_class])
    ds.StudyDate, ds.StudyTime = "20200131", "101112"
    ds.AccessionNumber = "ACC-99-123"
    ds.Modality = modality
    ds.Manufacturer = "Factory"
    ds.ReferringPhysicianName = "Arzt^Anna"
    ds.StudyDescription = "follow-up"
    ds.SeriesDescription = description
    ds.PatientName, ds.PatientID = patient_name, patient_id
    ds.PatientBirthDate, ds.PatientSex = "19641231", "F"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study_uid, series_uid
    ds.StudyID = "77-STUDY"
    ds.SeriesNumber = series_number
    ds.InstanceNumber = instance
    return ds


def put_pixels(
    ds: Dataset,
    stored: npt.NDArray[Any],
    *,
    photometric: str = "MONOCHROME2",
    bits_stored: int | None = None,
    frames: int | None = None,
) -> None:
    """The pixel module for stored values (rows, columns[, 3]), or (frames, rows, columns[, 3])."""
    shape = stored.shape[1:] if frames else stored.shape
    ds.SamplesPerPixel = 3 if len(shape) == 3 else 1
    ds.PhotometricInterpretation = photometric
    if ds.SamplesPerPixel == 3:
        ds.PlanarConfiguration = 0
    if frames:
        ds.NumberOfFrames = frames
    ds.Rows, ds.Columns = shape[:2]
    ds.BitsAllocated = stored.dtype.itemsize * 8
    ds.BitsStored = bits_stored or ds.BitsAllocated
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(stored.dtype.kind == "i")
    raw = np.ascontiguousarray(stored).astype(stored.dtype.newbyteorder("<")).tobytes()
    ds["PixelData"] = _pixel_element(raw + b"\0" * (len(raw) % 2), ds.BitsAllocated)


def put_plane(
    ds: Dataset,
    *,
    position: Vector | None = (0, 0, 0),
    orientation: Sequence[float] | None = AXIAL,
    spacing: tuple[float, float] | None = (1, 1),
    thickness_mm: float | None = 5,
) -> None:
    """The image plane module; None leaves an attribute out."""
    ds.FrameOfReferenceUID = FRAME_OF_REFERENCE_UID
    values = {
        "ImagePositionPatient": position,
        "ImageOrientationPatient": orientation,
        "PixelSpacing": spacing,
    }
    for keyword, value in values.items():
        if value is not None:
            setattr(ds, keyword, [float(f"{number:.8g}") for number in value])
    if thickness_mm is not None:
        ds.SliceThickness = thickness_mm


def save(
    ds: Dataset,
    path: Path,
    *,
    transfer_syntax: str = ExplicitVRLittleEndian,
    preamble: bool = True,
    extra: Extra | None = None,
    keep_bytes: int | None = None,
) -> Path:
    """Write a data set, compressed where the syntax asks for it; `keep_bytes` cuts the file."""
    _set_extra(ds, extra or {})
    content = encode(ds, transfer_syntax=transfer_syntax, preamble=preamble)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content[:keep_bytes])
    return path


def encode(
    ds: Dataset, *, transfer_syntax: str = ExplicitVRLittleEndian, preamble: bool = True
) -> bytes:
    """The bytes of a data set's file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID") or generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    uid = UID(transfer_syntax)
    file = FileDataset(
        "",
        ds if uid.is_little_endian else _with_swapped_words(ds),
        preamble=b"\0" * 128,
        file_meta=meta,
        is_little_endian=uid.is_little_endian,
    )
    if _is_compressed(transfer_syntax):
        file.compress(transfer_syntax, generate_instance_uid=False)
    else:
        meta.TransferSyntaxUID = uid
    buffer = BytesIO()
    if preamble:
        file.save_as(buffer, enforce_file_format=True)
    else:
        bare = Dataset(file)
        bare.save_as(buffer, implicit_vr=meta.TransferSyntaxUID.is_implicit_VR, little_endian=True)
    return buffer.getvalue()


def _with_swapped_words(ds: Dataset) -> Dataset:
    """A copy whose 16-bit words are big-endian; pydicom writes them as they are."""
    swapped = deepcopy(ds)
    for element in swapped:
        if element.VR == "OW":
            element.value = np.frombuffer(element.value, "<u2").astype(">u2").tobytes()
    return swapped


def _set_extra(ds: Dataset, extra: Extra) -> None:
    for keyword, value in extra.items():
        if value is not None:
            setattr(ds, keyword, value)
        elif keyword in ds:
            delattr(ds, keyword)


def _pixel_element(raw: bytes, bits_allocated: int) -> DataElement:
    return DataElement("PixelData", "OB" if bits_allocated <= 8 else "OW", raw)


def _is_compressed(transfer_syntax: str) -> bool:
    return UID(transfer_syntax).is_compressed and not UID(transfer_syntax).is_deflated
