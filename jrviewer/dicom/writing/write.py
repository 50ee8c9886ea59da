"""Writing: derived objects of predictions, and the bundled phantom, each file atomically."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, SegmentationStorage

from jrviewer.core.atomic_write import create_file, replace_file
from jrviewer.core.errors import ExportError, JRViewerError
from jrviewer.core.identifier_search import is_leaked, names_patient
from jrviewer.core.prediction import Prediction, require_acquired
from jrviewer.core.records import Slice, Source
from jrviewer.dicom.common.attributes import PARSER_ERRORS, integer, text
from jrviewer.dicom.common.find_files import load
from jrviewer.dicom.common.parse import parse, quiet, require_image
from jrviewer.dicom.common.pixel_hash import stored_hash
from jrviewer.dicom.decoding.frames import FrameReader
from jrviewer.dicom.writing.deidentified_checks import (
    FIXED_WORDS,
    identifiers_to_hide,
    require_anonymous,
)
from jrviewer.dicom.writing.deidentify import deidentify, own_texts, require_clean_picture
from jrviewer.dicom.writing.derivation import Origin
from jrviewer.dicom.writing.derived_checks import require_sound
from jrviewer.dicom.writing.derived_image import derive
from jrviewer.dicom.writing.uid_map import UidMap

_IMPLEMENTATION = UID("2.25.214017529390823717218913425236214532097")
_OFFSET_HU = 1024
_LABELS = frozenset({SegmentationStorage, "1.2.840.10008.5.1.4.1.1.66.7"})  # and label maps
_REFERRED_TO = ("SOPInstanceUID", "StudyInstanceUID")

Seal = Callable[[bytes], bytes]


def write_derived(
    prediction: Prediction,
    path: Path,
    *,
    lines: Sequence[str] = (),
    seal: Seal | None = None,
    deidentified: bool = False,
    face: bool = True,
    uid_map: UidMap | None = None,
    number: int | None = None,
    removed_marks: int | None = None,
) -> None:
    """Write the denoised slice as a derived DICOM object: with the patient and the study, or
    de-identified (PS3.15 E.2, Basic Profile with Clean Descriptors).

    `lines` go into its comments. `seal` gets the file's bytes and returns the bytes to write.
    `face`: whether a de-identified series may show a face. Objects written with the same `uid_map`
    form one new series and share pseudonyms; `number` is the instance number (None: the source's).
    `removed_marks`: in how many places structure may have been removed (None: unknown).

    Raises ExportError if the source is missing or has changed, a check fails or the disk refuses;
    the target is then unchanged.
    """
    require_acquired(prediction.slice)
    if deidentified:
        uid_map = uid_map or UidMap()
    with quiet():
        origin = _origin(prediction.slice.source)
        try:
            ds = derive(
                prediction,
                origin,
                lines,
                uid_map=uid_map,
                number=number,
                removed_marks=removed_marks,
            )
            require_sound(ds, origin)
            if deidentified and uid_map is not None:
                _remove_identity(ds, origin, prediction, uid_map, lines)
                ds.RecognizableVisualFeatures = "YES" if face else "NO"
                require_anonymous(ds, origin.parsed.dataset, prediction)
            content = _encoded(ds)
            _require_readable(content, ds)
        except PARSER_ERRORS as error:  # pydicom refuses to write what it was able to read
            raise ExportError(
                "The source's file is damaged in a way that no derived DICOM can take over. "
                "PNG and PLY are not affected."
            ) from error
    if deidentified:
        _require_no_identifier(content, path, prediction)
    create_file(path, seal(content) if seal else content)


def _require_readable(content: bytes, ds: Dataset) -> None:
    """Raise ExportError unless pydicom reads the file's pixels as they were meant."""
    pixels = dcmread(BytesIO(content)).pixel_array
    stored = np.frombuffer(ds.PixelData, pixels.dtype, count=pixels.size)
    frames = () if (integer(ds, "NumberOfFrames") or 1) == 1 else (ds.NumberOfFrames,)
    if pixels.shape != (*frames, ds.Rows, ds.Columns) or (pixels.ravel() != stored).any():
        raise ExportError(
            "The derived DICOM could not be read back, so it was not written. Please report this."
        )


def _remove_identity(
    ds: Dataset, origin: Origin, prediction: Prediction, uid_map: UidMap, lines: Sequence[str]
) -> None:
    """De-identify a derived object. Raises ExportError if the picture may show a name."""
    source = origin.parsed.dataset
    require_clean_picture(source, origin.parsed.sop_class)
    deidentify(ds, uid_map, own_texts(ds, lines), identifiers_to_hide(source, prediction).occur_in)


def _require_no_identifier(content: bytes, path: Path, prediction: Prediction) -> None:
    """Raise ExportError if the file's name or its bytes identify the patient."""
    identifiers = prediction.slice.source.identifiers
    if names_patient(path.name, identifiers):
        raise ExportError(
            "The file name holds something that identifies the patient. "
            "Choose another name; nothing was written."
        )
    fixed = f"{FIXED_WORDS} {prediction.model} {prediction.device}"
    if is_leaked("", content, identifiers, fixed):
        raise ExportError(
            "The de-identified DICOM would hold something that identifies the patient, so it was "
            "not written. Please report this; PNG and PLY are not affected."
        )


def write_phantom(image: Slice, path: Path, series: str = "", number: int = 1) -> None:
    """Write a synthetic slice in HU as an original CT object of the patient “Phantom”; the same
    slice always gives the same bytes. Slices with the same `series`, any word, form one series,
    each with its `number`; without it a slice is a series of its own. Raises ExportError.
    """
    with quiet():
        content = _encoded(_phantom(image, series, number))
    replace_file(path, content)


def _origin(source: Source) -> Origin:
    """The source, read again. Raises ExportError if it is missing, changed, or holds labels."""
    try:
        content = load(source.path, source.member)
        parsed = parse(content)
        require_image(parsed)
        reader = FrameReader(parsed, lambda: None)
        stored = reader.frame(source.frame).values
    except JRViewerError as error:
        raise ExportError(
            "The source image can no longer be read, so a derived DICOM cannot be made of it. "
            "Put the file back and export again."
        ) from error
    # The rest of the file counts, too: it may tell another patient than the window does.
    is_same_file = source.file_sha256 in ("", hashlib.sha256(content).hexdigest())
    if not is_same_file or stored_hash(stored) != source.pixels_sha256:
        raise ExportError(
            "The source image has changed since it was opened. Open it again, then export."
        )
    if not parsed.sop_class or not all(text(parsed.dataset, one) for one in _REFERRED_TO):
        raise ExportError(
            "The source lacks the identifiers that a derived DICOM must refer to, so none was "
            "made. PNG and PLY are not affected."
        )
    if parsed.sop_class in _LABELS:
        raise ExportError(
            "The source holds labels, which have no noise: a denoised copy would be meaningless. "
            "Choose the image that they were drawn on."
        )
    return Origin(parsed, stored, source.frame)


def _phantom(image: Slice, series: str, number: int) -> Dataset:
    """A synthetic CT slice as an original object; the same slice gives the same bytes."""
    stored = np.clip(np.round(image.pixels) + _OFFSET_HU, 0, 4095).astype("<u2")
    digest = hashlib.sha256(stored.tobytes()).hexdigest()
    ds = Dataset()
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    own = f"{digest} {series} {number}" if series else digest  # slices may hold the same pixels
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, _uid(own, "object")
    ds.PatientName, ds.PatientID = "Phantom", "PHANTOM"
    for keyword in ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName"):
        setattr(ds, keyword, "")
    for keyword in ("PatientBirthDate", "PatientSex", "StudyID", "KVP", "AcquisitionNumber"):
        setattr(ds, keyword, None if keyword in ("KVP", "AcquisitionNumber") else "")
    ds.Modality, ds.Manufacturer = "CT", "JRViewer"
    ds.SeriesDescription = "Synthetic phantom"
    ds.BodyPartExamined = image.acquisition.body_part or "CHEST"
    ds.PatientPosition, ds.PositionReferenceIndicator = "HFS", ""
    ds.StudyInstanceUID = _uid(series or digest, "study")
    ds.SeriesInstanceUID = _uid(series or digest, "series")
    ds.FrameOfReferenceUID = _uid(series or digest, "frame of reference")
    ds.SeriesNumber, ds.InstanceNumber = 1, number
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
