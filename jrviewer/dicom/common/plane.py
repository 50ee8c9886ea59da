"""The plane of a frame: spacing, orientation and position (PS3.3 C.7.6.2, C.7.6.16), never
invented.

Attributes of a multi-frame object are taken from the frame's own functional groups, else from the
shared ones, else from the top level.
"""

from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from jrviewer.core.geometry import FloatArray, Plane
from jrviewer.core.records import SpacingSource
from jrviewer.dicom.common.attributes import first_item, number, numbers, text, value

_PROJECTIONS = frozenset({"CR", "DX", "MG", "IO", "PX", "RF", "XA", "RG", "RTIMAGE"})
_CROSS_SECTIONS = frozenset({"CT", "MR", "PT"})  # NM scans whole bodies in one picture
_MAX_SPACING_MM = 1000.0
_SMALLEST_MM, _LARGEST_MM, _NARROWEST = 40.0, 1200.0, 0.1  # of a field of view


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distances between rows and between columns in millimetres, and where they are valid."""

    mm: tuple[float, float]
    source: SpacingSource
    warning: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FrameGeometry:
    """A frame's plane; a nominal one if `has_position` is False."""

    plane: Plane
    spacing: Spacing
    has_position: bool
    warning: str = ""


def group(ds: Dataset, frame: int, sequence: str) -> Dataset | None:
    """A frame's item of a functional group; None if there is none."""
    per_frame = value(ds, "PerFrameFunctionalGroupsSequence")
    listed = isinstance(per_frame, Sequence) and frame < len(per_frame)
    own = first_item(per_frame[frame], sequence) if listed else None
    if own is not None:
        return own
    return first_item(first_item(ds, "SharedFunctionalGroupsSequence"), sequence)


def spacing_of(ds: Dataset, frame: int) -> Spacing:
    """The spacing of a frame's pixels; the detector's if only that is known."""
    pixel = numbers(group(ds, frame, "PixelMeasuresSequence"), "PixelSpacing") or numbers(
        ds, "PixelSpacing"
    )
    detector = numbers(ds, "ImagerPixelSpacing") or numbers(ds, "NominalScannedPixelSpacing")
    if _is_spacing(pixel):
        at_detector = pixel[:2] == detector[:2] and text(ds, "Modality") in _PROJECTIONS
        return Spacing((pixel[0], pixel[1]), "detector" if at_detector else "pixel")
    if _is_spacing(detector):
        return Spacing((detector[0], detector[1]), "detector")
    wrong = "The file's pixel spacing makes no sense, so nothing can be measured in millimetres."
    return Spacing(_aspect(ds), "missing", wrong if pixel or detector else "")


def implausible_size(ds: Dataset, spacing: Spacing) -> str:
    """A warning if a cross-sectional image would be of a size that no body has; "" if not. Some
    writers state the pixel spacing in metres, centimetres or inches.
    """
    if spacing.source != "pixel" or text(ds, "Modality") not in _CROSS_SECTIONS:
        return ""
    counts = number(ds, "Rows") or 1.0, number(ds, "Columns") or 1.0
    low, high = sorted(count * mm for count, mm in zip(counts, spacing.mm, strict=True))
    if _SMALLEST_MM <= high <= _LARGEST_MM and low >= _NARROWEST * high:
        return ""
    return (
        f"The image would be {_plain(low)} × {_plain(high)} mm: its pixel spacing may be in "
        "another unit than millimetres."
    )


def _plain(mm: float) -> str:
    """Three digits, but no power of ten."""
    return f"{mm:.0f}" if mm >= 100 else f"{mm:.3g}"


def frame_geometry(ds: Dataset, frame: int, frames: int) -> FrameGeometry:
    """The plane of a frame."""
    spacing = spacing_of(ds, frame)
    cosines = numbers(group(ds, frame, "PlaneOrientationSequence"), "ImageOrientationPatient")
    cosines = cosines or numbers(ds, "ImageOrientationPatient")
    axes = _axes(cosines)
    origin = _origin(ds, frame, frames, axes)
    if axes is None or origin is None:
        plane = Plane(np.zeros(3), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), spacing.mm)
        wrong = "The file's {} makes no sense, so its place in the patient is unknown."
        said = wrong.format("orientation") if cosines and axes is None else ""
        if not said and len(numbers(ds, "ImagePositionPatient")) not in (0, 3):
            said = wrong.format("position")
        return FrameGeometry(plane, spacing, has_position=False, warning=said)
    return FrameGeometry(Plane(origin, axes[0], axes[1], spacing.mm), spacing, has_position=True)


def _origin(ds: Dataset, frame: int, frames: int, axes: FloatArray | None) -> FloatArray | None:
    """Centre of pixel (0, 0), or None. Several frames with a single position have none, except in a
    dose grid, which lists the frames' offsets (PS3.3 C.8.8.3.2).
    """
    own = numbers(group(ds, frame, "PlanePositionSequence"), "ImagePositionPatient")
    if len(own) == 3:
        return np.array(own)
    top = numbers(ds, "ImagePositionPatient")
    if len(top) != 3:
        return None
    if frames == 1:
        return np.array(top)
    offsets = numbers(ds, "GridFrameOffsetVector")
    if len(offsets) != frames or axes is None:
        return None
    shift = offsets[frame] - (0.0 if offsets[0] == 0 else top[2])
    return np.array(top) + shift * np.cross(axes[0], axes[1])


def _axes(cosines: tuple[float, ...]) -> FloatArray | None:
    """Row and column direction (2, 3) as orthogonal unit vectors; None if they are far from it."""
    if len(cosines) != 6:
        return None
    row, column = np.array(cosines[:3]), np.array(cosines[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if min(lengths) < 0.9 or max(lengths) > 1.1 or abs(row @ column) > 0.05:
        return None
    row = row / lengths[0]
    column = column - (column @ row) * row
    return np.stack([row, column / np.linalg.norm(column)])


def _is_spacing(found: tuple[float, ...]) -> bool:
    return len(found) >= 2 and all(0 < one < _MAX_SPACING_MM for one in found[:2])


def _aspect(ds: Dataset) -> tuple[float, float]:
    """Nominal spacing with the pixels' aspect ratio (PS3.3 C.7.6.3.1.7), if only that is known."""
    ratio = numbers(ds, "PixelAspectRatio")
    if len(ratio) == 2 and ratio[0] > 0 and ratio[1] > 0:
        return ratio[0] / ratio[1], 1.0
    return 1.0, 1.0


def thickness_of(ds: Dataset, frame: int) -> float | None:
    """Slice thickness in millimetres."""
    own = number(group(ds, frame, "PixelMeasuresSequence"), "SliceThickness")
    return number(ds, "SliceThickness") if own is None else own
