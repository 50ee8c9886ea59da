"""DICOM out: derived objects of predictions, and the bundled phantom. Files appear whole or not at
all.
"""

import hashlib
import os
import tempfile
import uuid
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from jrviewer.dicom.attributes import text
from jrviewer.dicom.dataset import parse, quiet, require_image
from jrviewer.dicom.derived import Origin, derive
from jrviewer.dicom.files import load
from jrviewer.dicom.gate import require_sound
from jrviewer.dicom.hashes import stored_hash
from jrviewer.dicom.pixels import PixelReader
from jrviewer.errors import ExportError, JRViewerError
from jrviewer.records import Prediction, Slice, Source

_IMPLEMENTATION = UID("2.25.214017529390823717218913425236214532097")
_OFFSET_HU = 1024
_REFERRED_TO = ("SOPInstanceUID", "StudyInstanceUID")

Seal = Callable[[bytes], bytes]


def write_derived(
    prediction: Prediction, path: Path, lines: Sequence[str], seal: Seal | None
) -> None:
    """See jrviewer.dicom.write_derived."""
    with quiet():
        origin = _origin(prediction.slice.source)
        ds = derive(prediction, origin, lines)
        require_sound(ds, origin)
        content = _encoded(ds)
    _replace(path, seal(content) if seal else content)


def write_phantom(image: Slice, path: Path) -> None:
    """See jrviewer.dicom.write_phantom."""
    with quiet():
        content = _encoded(_phantom(image))
    _replace(path, content)


def _origin(source: Source) -> Origin:
    """The source read again. Raises ExportError where it is gone or no longer the same."""
    try:
        parsed = parse(load(source.path, source.member))
        require_image(parsed)
        reader = PixelReader(parsed, lambda: None)
        stored = reader.frame(source.frame).values
    except JRViewerError as error:
        raise ExportError(
            "The source image can no longer be read, so a derived DICOM cannot be made of it. "
            "Put the file back and export again."
        ) from error
    if stored_hash(stored) != source.pixels_sha256:
        raise ExportError(
            "The source image has changed since it was opened. Open it again, then export."
        )
    if not parsed.sop_class or not all(text(parsed.dataset, one) for one in _REFERRED_TO):
        raise ExportError(
            "The source lacks the identifiers that a derived DICOM must refer to, so none was "
            "made. Export PNG or PLY instead."
        )
    return Origin(parsed, stored, source.frame)


def _phantom(image: Slice) -> Dataset:
    """A synthetic CT slice as an original object; the same slice gives the same bytes."""
    stored = np.clip(np.round(image.pixels) + _OFFSET_HU, 0, 4095).astype("<u2")
    digest = hashlib.sha256(stored.tobytes()).hexdigest()
    ds = Dataset()
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, _uid(digest, "object")
    ds.PatientName, ds.PatientID = "Phantom", "PHANTOM"
    for keyword in ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName"):
        setattr(ds, keyword, "")
    for keyword in ("PatientBirthDate", "PatientSex", "StudyID", "KVP", "AcquisitionNumber"):
        setattr(ds, keyword, None if keyword in ("KVP", "AcquisitionNumber") else "")
    ds.Modality, ds.Manufacturer = "CT", "JRViewer"
    ds.SeriesDescription = "Synthetic phantom"
    ds.BodyPartExamined = image.acquisition.body_part or "CHEST"
    ds.PatientPosition, ds.PositionReferenceIndicator = "HFS", ""
    ds.StudyInstanceUID = _uid(digest, "study")
    ds.SeriesInstanceUID = _uid(digest, "series")
    ds.FrameOfReferenceUID = _uid(digest, "frame of reference")
    ds.SeriesNumber, ds.InstanceNumber = 1, 1
    plane = image.plane
    ds.ImagePositionPatient = [float(one) for one in plane.origin_mm]
    ds.ImageOrientationPatient = [float(one) for one in (*plane.along_row, *plane.along_column)]
    ds.PixelSpacing = [float(one) for one in plane.spacing_mm]
    ds.SliceThickness = image.acquisition.thickness_mm
    _put_phantom_pixels(ds, image, stored.tobytes())
    return ds


def _put_phantom_pixels(ds: Dataset, image: Slice, raw: bytes) -> None:
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = image.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = -_OFFSET_HU, 1, "HU"
    if image.windows:
        ds.WindowCenter, ds.WindowWidth = image.windows[0].centre, image.windows[0].width
    ds.add_new("PixelData", "OW", raw)


def _uid(digest: str, what: str) -> str:
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{digest} {what}').int}"


def _encoded(ds: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _IMPLEMENTATION
    meta.ImplementationVersionName = "JRVIEWER"
    file = FileDataset("", ds, preamble=bytes(128), file_meta=meta)
    buffer = BytesIO()
    file.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _replace(path: Path, content: bytes) -> None:
    """Write beside the target, then move it there in one step."""
    beside = ""
    try:
        handle, beside = tempfile.mkstemp(prefix=".jrviewer-", suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except OSError as error:
        if beside:
            Path(beside).unlink(missing_ok=True)
        raise ExportError(
            "The DICOM file could not be written: the folder is full or read-only. "
            "Choose another folder; nothing was changed there."
        ) from error
