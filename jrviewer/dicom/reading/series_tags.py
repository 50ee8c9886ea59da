"""What a data set says about the series of a frame: which, when, and what to call it."""

from collections.abc import Hashable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from jrviewer.dicom.common.attributes import integer, text
from jrviewer.dicom.common.plane import group

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


_FRAME_TIMES = tuple(pair for pair in _TIMES if pair[0])
_FILE_TIMES = tuple(keyword for sequence, keyword in _TIMES if not sequence)


@dataclass(frozen=True, slots=True)
class Tags:
    """A frame's series, the values that may separate it from others in its place, and a title."""

    series: Hashable
    times: tuple[str, ...]
    title: str
    clip: str = ""  # the multi-frame object that a frame belongs to
    part: int = 0  # of an object that was split into several files (PS3.3 C.7.6.16.2.2.4)


class Tagger:
    """The tags of a file's frames; what is the same for all is read once."""

    def __init__(self, ds: Dataset, identifiers: frozenset[str]) -> None:
        """`identifiers` are kept out of the title."""
        self._ds = ds
        series = text(ds, "SeriesInstanceUID") or text(ds, "StudyInstanceUID")
        self._series = (series, text(ds, "SeriesNumber"))
        self._times = tuple(text(ds, keyword) for keyword in _FILE_TIMES)
        self._title = _title(ds, identifiers)
        is_clip = (integer(ds, "NumberOfFrames") or 1) > 1
        whole = text(ds, "ConcatenationUID")
        self._clip = (whole or text(ds, "SOPInstanceUID")) if is_clip or whole else ""
        self._part = (integer(ds, "InConcatenationNumber") or 0) if whole else 0
        self._has_groups = "PerFrameFunctionalGroupsSequence" in ds

    def tags(self, frame: int) -> Tags:
        """The tags of one frame."""
        own: tuple[str, ...] = ("",) * len(_FRAME_TIMES)
        if self._has_groups:
            pairs = _FRAME_TIMES
            own = tuple(text(group(self._ds, frame, sequence), word) for sequence, word in pairs)
        times = (*own, *self._times)
        return Tags(self._series, times, self._title, self._clip, self._part)


def _title(ds: Dataset, identifiers: frozenset[str]) -> str:
    parts = (text(ds, "SeriesNumber"), text(ds, "Modality"), text(ds, "SeriesDescription"))
    return " · ".join(part for part in parts if part and not _names(part, identifiers))


def _names(part: str, identifiers: frozenset[str]) -> bool:
    lower = part.casefold()
    return any(one.casefold() in lower for one in identifiers)
