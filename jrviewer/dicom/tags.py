"""What a data set says about the series of a frame: which, when, and what to call it."""

from collections.abc import Hashable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from jrviewer.dicom.attributes import text
from jrviewer.dicom.place import group

# What can tell two slices of one place apart, the most certain first.
_TIMES = (
    ("FrameContentSequence", "TemporalPositionIndex"),
    ("TemporalPositionTimeOffsetSequence", "TemporalPositionTimeOffset"),
    ("MREchoSequence", "EffectiveEchoTime"),
    ("MRDiffusionSequence", "DiffusionBValue"),
    ("CardiacSynchronizationSequence", "NominalPercentageOfCardiacPhase"),
    ("MRImageFrameTypeSequence", "FrameType"),
    ("CTImageFrameTypeSequence", "FrameType"),
    ("SegmentIdentificationSequence", "ReferencedSegmentNumber"),
    ("FrameContentSequence", "StackID"),
    ("", "TemporalPositionIdentifier"),
    ("", "AcquisitionNumber"),
    ("", "EchoTime"),
    ("", "DiffusionBValue"),
    ("", "ImageType"),
    ("", "TriggerTime"),
    ("", "NominalPercentageOfCardiacPhase"),
    ("", "ConvolutionKernel"),
    ("", "AcquisitionTime"),
    ("", "ContentTime"),
    ("", "SOPInstanceUID"),  # several multi-frame objects of one series
)


@dataclass(frozen=True, slots=True)
class Tags:
    """A frame's series, the values that may separate it from others in its place, and a title."""

    series: Hashable
    times: tuple[str, ...]
    title: str


def tags_of(ds: Dataset, frame: int, identifiers: frozenset[str]) -> Tags:
    """The tags of a frame; the title without any of the identifiers."""
    series = text(ds, "SeriesInstanceUID") or text(ds, "StudyInstanceUID")
    times = tuple(
        text(group(ds, frame, sequence) if sequence else ds, keyword)
        for sequence, keyword in _TIMES
    )
    return Tags((series, text(ds, "SeriesNumber")), times, _title(ds, identifiers))


def _title(ds: Dataset, identifiers: frozenset[str]) -> str:
    parts = (text(ds, "SeriesNumber"), text(ds, "Modality"), text(ds, "SeriesDescription"))
    return " · ".join(part for part in parts if part and not _names(part, identifiers))


def _names(part: str, identifiers: frozenset[str]) -> bool:
    lower = part.casefold()
    return any(one.casefold() in lower for one in identifiers)
