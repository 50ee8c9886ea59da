"""Derivation attributes: source, method and equipment (PS3.3 C.7.6.1.1.2, C.12.4), in codes and
in words.
"""

from copy import deepcopy
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
)

from jrviewer import __version__
from jrviewer.core.prediction import MOST_MARKS, Prediction
from jrviewer.dicom.common.attributes import drop, integer, items, text, texts
from jrviewer.dicom.common.parse import Parsed
from jrviewer.dicom.writing.pixel_encoding import StoredArray

UNREFERRED = " The source's identifier is no legal UID, so it is not referred to."
SMOOTHING = ("113087", "Smoothing")
SOURCE_IMAGE = ("121322", "Source image for image processing operation")
PROCESSING_EQUIPMENT = ("109102", "Processing Equipment")

CLASSIC = frozenset({CTImageStorage, MRImageStorage})
ENHANCED = frozenset({EnhancedCTImageStorage, EnhancedMRImageStorage})
_SINGLE_FRAME = (  # a reference to one of these names no frame (PS3.3 Table 10-3)
    *(CTImageStorage, MRImageStorage, SecondaryCaptureImageStorage, UltrasoundImageStorage),
    *(ComputedRadiographyImageStorage, PositronEmissionTomographyImageStorage),
)
_LOSSY_METHODS = {"50": "ISO_10918_1", "51": "ISO_10918_1", "81": "ISO_14495_1"}


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The source object and frame that a prediction was made from, read again."""

    parsed: Parsed
    stored: StoredArray  # the frame's stored values
    frame: int


def put_derivation(ds: Dataset, prediction: Prediction, origin: Origin, lost: int | None) -> None:
    """Record the source image, the method and the equipment."""
    is_enhanced = ds.SOPClassUID in ENHANCED
    ds.ImageType = derived_type(texts(ds, "ImageType"), is_enhanced=is_enhanced)
    ds.DerivationDescription = described(prediction, lost)
    ds.DerivationCodeSequence = [coded(SMOOTHING)]
    ds.SourceImageSequence = [_reference(origin)] if may_be_referred_to(origin) else []
    if not ds.SourceImageSequence:
        del ds.SourceImageSequence
        ds.DerivationDescription += UNREFERRED
    ds.ContributingEquipmentSequence = [*items(ds, "ContributingEquipmentSequence"), _equipment()]
    _put_lossy(ds, origin)
    if is_enhanced:
        _put_frames_derivation(ds, origin)


def _put_frames_derivation(ds: Dataset, origin: Origin) -> None:
    """Repeat it in the functional groups of an enhanced object (PS3.3 C.7.6.16.2.6)."""
    frame, derivation = ds.PerFrameFunctionalGroupsSequence[0], Dataset()
    drop(frame, ("DerivationImageSequence",))
    if not may_be_referred_to(origin):
        return
    for keyword in ("DerivationDescription", "DerivationCodeSequence", "SourceImageSequence"):
        derivation[keyword] = deepcopy(ds[keyword])
    frame.DerivationImageSequence = [derivation]
    ds.SourceImageEvidenceSequence = [_evidence(origin)]


def may_be_referred_to(origin: Origin) -> bool:
    """Whether the source's UID is legal (PS3.5 9.1); archives refuse objects that repeat an
    illegal one.
    """
    uid = text(origin.parsed.dataset, "SOPInstanceUID")
    return UID(uid).is_valid and uid[:2] in ("0.", "1.", "2.")


def _put_lossy(ds: Dataset, origin: Origin) -> None:
    """Pixels that were ever compressed with loss are marked so (PS3.3 C.7.6.1.1.5)."""
    method = _LOSSY_METHODS.get(origin.parsed.transfer_syntax.removeprefix("1.2.840.10008.1.2.4."))
    if method and text(ds, "LossyImageCompression") != "01":
        ds.LossyImageCompression, ds.LossyImageCompressionMethod = "01", method


def _reference(origin: Origin) -> Dataset:
    source = origin.parsed.dataset
    item = Dataset()
    item.ReferencedSOPClassUID = origin.parsed.sop_class
    item.ReferencedSOPInstanceUID = text(source, "SOPInstanceUID")
    is_single = origin.parsed.sop_class in _SINGLE_FRAME  # even if the file holds several
    if not is_single and (integer(source, "NumberOfFrames") or 1) > 1:
        item.ReferencedFrameNumber = origin.frame + 1
    item.PurposeOfReferenceCodeSequence = [coded(SOURCE_IMAGE)]
    return item


def _evidence(origin: Origin) -> Dataset:
    """Study, series and instance of the source (PS3.3 C.17.2.1)."""
    source = origin.parsed.dataset
    instance, series, study = Dataset(), Dataset(), Dataset()
    instance.ReferencedSOPClassUID = origin.parsed.sop_class
    instance.ReferencedSOPInstanceUID = text(source, "SOPInstanceUID")
    series.SeriesInstanceUID = text(source, "SeriesInstanceUID")
    series.ReferencedSOPSequence = [instance]
    study.StudyInstanceUID = text(source, "StudyInstanceUID")
    study.ReferencedSeriesSequence = [series]
    return study


def _equipment() -> Dataset:
    item = Dataset()
    item.PurposeOfReferenceCodeSequence = [coded(PROCESSING_EQUIPMENT)]
    item.Manufacturer = "JRViewer"
    item.ManufacturerModelName = "JRViewer"
    item.SoftwareVersions = __version__
    item.ContributionDescription = "Noise reduction by a neural network, research preview"
    return item


def derived_type(stated: tuple[str, ...], *, is_enhanced: bool) -> list[str]:
    """Image Type: DERIVED, SECONDARY and the source's further values; for an enhanced object, which
    may not be SECONDARY, DERIVED, PRIMARY and FILTERED (PS3.3 C.8.16.1).
    """
    rest = [one for one in stated[2:] if one]
    if is_enhanced:
        return ["DERIVED", "PRIMARY", *(rest[:1] or ["VOLUME"]), "FILTERED"]
    return ["DERIVED", "SECONDARY", *rest]


def described(prediction: Prediction, removed_marks: int | None = None) -> str:
    """The derivation in words, with the weights' hash, what became of the noise and how much
    structure may have been lost.
    """
    override = " Made in spite of a red input check." if prediction.overridden else ""
    return (
        f"Noise reduction by JRViewer {__version__}, model {prediction.model}, "
        f"weights sha256 {prediction.weights_sha256}, strength {prediction.strength.words}; at the "
        f"source's own pixel grid, not resampled. {prediction.noise_sentence}."
        f"{override}{_structure_lost(prediction, removed_marks)} Not for diagnosis."
    )


def _structure_lost(prediction: Prediction, removed_marks: int | None) -> str:
    removed = prediction.removed
    if removed is not None and removed.is_hardly_anything(prediction.slice.unit):
        return " Hardly anything was removed."
    if not removed_marks:
        return "" if removed_marks is None else " What was removed looks like noise."
    places = "1 place" if removed_marks == 1 else f"{removed_marks} places"
    if removed_marks >= MOST_MARKS:
        places = f"{places} or more"
    return f" Structure, not only noise, may have been removed in {places}."


def coded(code: tuple[str, str]) -> Dataset:
    """A code of PS3.16 annex D as a sequence item."""
    item = Dataset()
    item.CodeValue, item.CodeMeaning = code
    item.CodingSchemeDesignator = "DCM"
    return item
