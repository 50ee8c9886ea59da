"""Attributes of a frame that decide about its series: patient, series, time, and a title."""

import unicodedata
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydicom.dataset import Dataset

from jrviewer.dicom.common.attributes import first_item, integer, text
from jrviewer.dicom.common.plane import group

# Attributes that can distinguish slices in the same place, the most reliable first.
_KINDS = (
    ("FrameContentSequence", "TemporalPositionIndex"),
    ("TemporalPositionTimeOffsetSequence", "TemporalPositionTimeOffset"),
    ("MREchoSequence", "EffectiveEchoTime"),
    ("MRDiffusionSequence", "DiffusionBValue"),
    ("MRDiffusionSequence.DiffusionGradientDirectionSequence", "DiffusionGradientOrientation"),
    ("CardiacSynchronizationSequence", "NominalPercentageOfCardiacPhase"),
    ("MRImageFrameTypeSequence", "FrameType"),
    ("CTImageFrameTypeSequence", "FrameType"),
    ("SegmentIdentificationSequence", "ReferencedSegmentNumber"),
    ("FrameContentSequence", "StackID"),
    ("", "TemporalPositionIdentifier"),
    ("", "AcquisitionNumber"),
    ("", "EchoTime"),
    ("", "EchoNumbers"),
    ("", "InversionTime"),
    ("", "FlipAngle"),
    ("", "DiffusionBValue"),
    ("", "DiffusionGradientOrientation"),
    ("", "ImageType"),
    ("", "TriggerTime"),
    ("", "NominalPercentageOfCardiacPhase"),
    ("", "KVP"),
    ("", "ConvolutionKernel"),
    ("", "SliceThickness"),
    ("", "FrameOfReferenceUID"),
    ("", "AcquisitionTime"),
    ("", "ContentTime"),
    ("", "SOPInstanceUID"),  # several multi-frame objects of one series
)
_FRAME_KINDS = tuple(pair for pair in _KINDS if pair[0])
_FILE_KINDS = tuple(keyword for sequence, keyword in _KINDS if not sequence)
_OF_WHOLE_PASSES = ("EchoTime", "EchoNumbers", "InversionTime", "KVP", "ConvolutionKernel")
OF_WHOLE_PASSES = tuple(
    len(_FRAME_KINDS) + _FILE_KINDS.index(one) for one in (*_OF_WHOLE_PASSES, "SliceThickness")
)
"""Which kinds are those of a whole pass or reconstruction, and never of single slices."""

_PATIENT = ("PatientID", "PatientName", "PatientBirthDate")
_CIRCUMSTANCES = (  # by which slices are grouped where the series' UID is missing or of no use
    *("SeriesNumber", "Modality", "SeriesDescription", "StudyDate", "StudyTime", "StudyID"),
    *("AccessionNumber", "PatientAge", "PatientSex", "PatientWeight", "InstitutionName"),
    *("Manufacturer", "ManufacturerModelName", "StationName", "ConvolutionKernel"),
)
NEEDED = ("SeriesInstanceUID", "StudyInstanceUID", *_PATIENT, *_CIRCUMSTANCES)
"""What a header must hold for patient, series and circumstances."""


@dataclass(frozen=True, slots=True)
class SeriesTags:
    """What a frame's data set states about its series."""

    patient: tuple[str, ...]  # identifier, name and birth date, spelling normalised
    series_uid: str
    circumstances: Hashable  # equal for slices that belong together if no UID says so
    study_uid: str
    series_number: str
    modality: str
    frame_of_reference: str
    kinds: tuple[str, ...]  # values that may distinguish it from others in the same place
    title: str
    is_clip: bool = False  # one of several frames
    whole: str = ""  # the object that was split into several files (PS3.3 C.7.6.16.2.2.4) …
    part: int = 0  # … and which of them this is

    @property
    def kinds_without_uid(self) -> tuple[str, ...]:
        """The distinguishing values except the object's UID, which comes last."""
        return self.kinds[:-1]


class Tagger:
    """Reads the tags of a file's frames; those common to all frames are read once."""

    def __init__(self, ds: Dataset, path: Path, member: str = "") -> None:
        """`path`: the file, or the archive that holds it as `member`."""
        self._ds = ds
        is_clip = (integer(ds, "NumberOfFrames") or 1) > 1
        whole = text(ds, "ConcatenationUID")
        folder = (str(path), str(PurePosixPath(member).parent)) if member else str(path.parent)
        self._kinds = tuple(text(ds, keyword) for keyword in _FILE_KINDS)
        self._common = {
            "patient": tuple(_normalised(text(ds, keyword)) for keyword in _PATIENT),
            "series_uid": text(ds, "SeriesInstanceUID"),
            "circumstances": (folder, *(text(ds, keyword) for keyword in _CIRCUMSTANCES)),
            "study_uid": text(ds, "StudyInstanceUID"),
            "series_number": text(ds, "SeriesNumber"),
            "modality": text(ds, "Modality"),
            "frame_of_reference": text(ds, "FrameOfReferenceUID"),
            "is_clip": is_clip or bool(whole),
            "whole": whole,
            "part": (integer(ds, "InConcatenationNumber") or 0) if whole else 0,
        }
        self._title = ""
        self._has_groups = "PerFrameFunctionalGroupsSequence" in ds

    def tags(self, frame: int, identifiers: frozenset[str]) -> SeriesTags:
        """The tags of one frame; `identifiers` are kept out of the title."""
        self._title = self._title or _title(self._ds, identifiers)
        own: tuple[str, ...] = ("",) * len(_FRAME_KINDS)
        if self._has_groups:
            own = tuple(text(self._item(frame, path), word) for path, word in _FRAME_KINDS)
        return SeriesTags(kinds=(*own, *self._kinds), title=self._title, **self._common)  # type: ignore[arg-type]

    def _item(self, frame: int, path: str) -> Dataset | None:
        """A frame's item of a functional group, or of a sequence in that."""
        first, *inner = path.split(".")
        item = group(self._ds, frame, first)
        for sequence in inner:
            item = first_item(item, sequence)
        return item


def _normalised(said: str) -> str:
    """An identifier or name without differences in case, spaces, trailing carets and the ways to
    write a letter; of the groups of a name (alphabetic, ideographic, phonetic) the first, as not
    every program keeps the others.
    """
    plain = unicodedata.normalize("NFKC", said).casefold()
    group = next((one for one in plain.split("=") if one.strip("^ ")), "")
    return "^".join(" ".join(part.split()) for part in group.split("^")).rstrip("^")


def _title(ds: Dataset, identifiers: frozenset[str]) -> str:
    parts = (text(ds, "SeriesNumber"), text(ds, "Modality"), text(ds, "SeriesDescription"))
    return " · ".join(part for part in parts if part and not _names(part, identifiers))


def _names(part: str, identifiers: frozenset[str]) -> bool:
    lower = part.casefold()
    return any(one.casefold() in lower for one in identifiers)
