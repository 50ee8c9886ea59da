"""Real DICOM files for tests, written with pydicom; every argument has a value that a test may
leave unsaid.

`extra` sets any further attribute by its keyword, and removes it where the value is None.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
    MRImageStorage,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
)

from jrviewer import dicom
from jrviewer.core.resources import resource
from tests.support.dicom_objects import (
    AXIAL,
    FRAME_OF_REFERENCE_UID,
    Extra,
    Identity,
    Vector,
    make_dataset,
    put_pixels,
    put_plane,
    save,
)
from tests.support.record_factory import body_image

BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11"


class Ct(Identity, total=False):
    """What write_ct takes and write_series passes on."""

    pixels: npt.ArrayLike | None
    rows: int
    columns: int
    slope: float | None
    intercept: float | None
    signed: bool
    photometric: str
    orientation: Sequence[float] | None
    spacing: tuple[float, float] | None
    window: tuple[float, float] | None
    transfer_syntax: str
    preamble: bool
    extra: Extra | None


def write_ct(
    path: Path,
    pixels: npt.ArrayLike | None = None,
    *,
    rows: int = 64,
    columns: int = 64,
    slope: float | None = 1,
    intercept: float | None = -1024,
    signed: bool = False,
    photometric: str = "MONOCHROME2",
    position: Vector | None = (0, 0, 0),
    orientation: Sequence[float] | None = AXIAL,
    spacing: tuple[float, float] | None = (1, 1),
    window: tuple[float, float] | None = (40, 400),
    transfer_syntax: str = ExplicitVRLittleEndian,
    preamble: bool = True,
    extra: Extra | None = None,
    keep_bytes: int | None = None,
    **identity: Unpack[Identity],
) -> Path:
    """A classic CT slice of `pixels` in HU (the factory's body where None); `identity` goes to
    make_dataset.
    """
    hu = body_image(rows, columns) if pixels is None else np.asarray(pixels, dtype=float)
    stored = np.round((hu - (intercept or 0)) / (slope or 1))
    ds = make_dataset(CTImageStorage, **identity)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.KVP, ds.AcquisitionNumber, ds.PatientPosition = 120, 1, "HFS"
    ds.PositionReferenceIndicator = ""
    put_plane(ds, position=position, orientation=orientation, spacing=spacing)
    put_pixels(ds, stored.astype(np.int16 if signed else np.uint16), photometric=photometric)
    _set_rescale(ds, slope, intercept)
    if window is not None:
        ds.WindowCenter, ds.WindowWidth = window
    return save(
        ds,
        path,
        transfer_syntax=transfer_syntax,
        preamble=preamble,
        extra=extra,
        keep_bytes=keep_bytes,
    )


def write_series(
    folder: Path,
    count: int = 5,
    *,
    step_mm: float = 5.0,
    start: Vector = (0, 0, 0),
    direction: Vector = (0, 0, 1),
    missing: Sequence[int] = (),
    reverse_numbers: bool = False,
    **ct: Unpack[Ct],
) -> list[Path]:
    """A CT series along a direction, in order of position; `missing` indices are not written."""
    paths = []
    for index in range(count):
        if index in missing:
            continue
        shift = index * step_mm
        x, y, z = (s + shift * d for s, d in zip(start, direction, strict=True))
        ct["instance"] = count - index if reverse_numbers else index + 1
        path = folder / f"image-{index:04d}.dcm"
        paths.append(write_ct(path, position=(x, y, z), **ct))
    return paths


def write_mr(
    path: Path,
    stored: npt.NDArray[Any] | None = None,
    *,
    position: Vector | None = (0, 0, 0),
    orientation: Sequence[float] | None = AXIAL,
    spacing: tuple[float, float] | None = (1, 1),
    transfer_syntax: str = ExplicitVRLittleEndian,
    extra: Extra | None = None,
    **identity: Unpack[Identity],
) -> Path:
    """A classic MR slice without rescale."""
    ds = make_dataset(MRImageStorage, modality="MR", **identity)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "SE", "NONE", ""
    ds.MRAcquisitionType, ds.EchoTime, ds.EchoTrainLength = "2D", 15, 1
    ds.RepetitionTime, ds.PatientPosition, ds.PositionReferenceIndicator = 500, "HFS", ""
    put_plane(ds, position=position, orientation=orientation, spacing=spacing)
    default = (body_image(64, 64) + 1000).astype(np.uint16)
    put_pixels(ds, default if stored is None else stored)
    return save(ds, path, transfer_syntax=transfer_syntax, extra=extra)


def write_enhanced_ct(
    path: Path,
    count: int = 3,
    *,
    rows: int = 64,
    columns: int = 64,
    step_mm: float = 5.0,
    spacing: tuple[float, float] = (1, 1),
    orientation: Sequence[float] = AXIAL,
    slopes: Sequence[float] | None = None,
    intercepts: Sequence[float] | None = None,
    stored: npt.NDArray[Any] | None = None,
    transfer_syntax: str = ExplicitVRLittleEndian,
    extra: Extra | None = None,
    **identity: Unpack[Identity],
) -> Path:
    """An Enhanced CT: shared spacing and orientation, a position and rescale for every frame."""
    ds = make_dataset(EnhancedCTImageStorage, **identity)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.FrameOfReferenceUID = FRAME_OF_REFERENCE_UID
    frame = np.round(body_image(rows, columns) + 1024).astype(np.uint16)
    put_pixels(ds, np.stack([frame] * count) if stored is None else stored, frames=count)
    shared = Dataset()
    shared.PixelMeasuresSequence = [_dataset(PixelSpacing=list(spacing), SliceThickness=step_mm)]
    shared.PlaneOrientationSequence = [_dataset(ImageOrientationPatient=list(orientation))]
    ds.SharedFunctionalGroupsSequence = [shared]
    normal = np.cross(orientation[:3], orientation[3:])
    ds.PerFrameFunctionalGroupsSequence = [
        _frame_groups(
            index,
            (normal * step_mm * index).tolist(),
            slopes[index] if slopes else 1,
            intercepts[index] if intercepts else -1024,
        )
        for index in range(count)
    ]
    return save(ds, path, transfer_syntax=transfer_syntax, extra=extra)


def write_colour(
    path: Path,
    stored: npt.NDArray[Any] | None = None,
    *,
    bits: int = 8,
    photometric: str = "RGB",
    transfer_syntax: str = ExplicitVRLittleEndian,
    extra: Extra | None = None,
    **identity: Unpack[Identity],
) -> Path:
    """A secondary capture in colour, (rows, columns, 3); 16 bits a sample where asked for."""
    ds = make_dataset(SecondaryCaptureImageStorage, modality="OT", **identity)
    ds.ConversionType = "WSD"
    ramp = np.arange(16 * 24 * 3).reshape(16, 24, 3) * (1 if bits == 8 else 50)
    default = ramp.astype(np.uint8 if bits == 8 else np.uint16)
    put_pixels(ds, default if stored is None else stored, photometric=photometric)
    return save(ds, path, transfer_syntax=transfer_syntax, extra=extra)


def write_report(path: Path, *, text: str = "No finding.", **identity: Unpack[Identity]) -> Path:
    """A structured report: valid DICOM without pixels."""
    ds = make_dataset(BASIC_TEXT_SR, modality="SR", **identity)
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ValueType, ds.TextValue = "TEXT", text
    return save(ds, path)


def write_structure_set(path: Path, **identity: Unpack[Identity]) -> Path:
    """An RT structure set: valid DICOM without pixels."""
    ds = make_dataset(RTStructureSetStorage, modality="RTSTRUCT", **identity)
    ds.StructureSetLabel = "PLAN"
    return save(ds, path)


def write_object(path: Path, sop_class: str, modality: str, **identity: Unpack[Identity]) -> Path:
    """An object of any class, without pixels."""
    return save(make_dataset(sop_class, modality=modality, **identity), path)


def write_dicomdir(folder: Path, files: Sequence[Path]) -> Path:
    """A DICOMDIR that lists files below its folder as images, without the levels above them."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = MediaStorageDirectoryStorage, "1.2.3.4"
    ds.FileSetID = "DISC"
    ds.DirectoryRecordSequence = [
        _dataset(
            DirectoryRecordType="IMAGE",
            ReferencedFileID=list(path.relative_to(folder).parts),
        )
        for path in files
    ]
    return save(ds, folder / "DICOMDIR")


def tilted(degrees: float) -> tuple[float, ...]:
    """The orientation of axial slices whose gantry is tilted."""
    angle = math.radians(degrees)
    return (1, 0, 0, 0, math.cos(angle), math.sin(angle))


def _frame_groups(index: int, position: Sequence[float], slope: float, shift: float) -> Dataset:
    transform = _dataset(RescaleSlope=slope, RescaleIntercept=shift, RescaleType="HU")
    return _dataset(
        FrameContentSequence=[_dataset(StackID="1", InStackPositionNumber=index + 1)],
        PlanePositionSequence=[_dataset(ImagePositionPatient=list(position))],
        PixelValueTransformationSequence=[transform],
        FrameVOILUTSequence=[_dataset(WindowCenter=40, WindowWidth=400)],
    )


def _dataset(**attributes: object) -> Dataset:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def _set_rescale(ds: Dataset, slope: float | None, intercept: float | None) -> None:
    if slope is not None:
        ds.RescaleSlope = slope
    if intercept is not None:
        ds.RescaleIntercept = intercept
    if slope is not None and intercept is not None:
        ds.RescaleType = "HU"


def write_phantoms(folder: Path, count: int) -> list[Path]:
    """Slices that the shipped model knows as a body: the bundled phantom, moved a little each."""
    sample = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    paths = []
    for number in range(1, count + 1):
        moved = replace(sample, pixels=np.roll(sample.pixels, 4 * number, axis=1))
        paths.append(folder / f"phantom-{number}.dcm")
        dicom.write_phantom(moved, paths[-1])
    return paths
