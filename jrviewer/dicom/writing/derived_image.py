"""The denoised slice as a derived DICOM object (PS3.3 C.7.6.1.1.2, C.12.4).

The SOP class is kept only where the pixels can be written in the source's geometry and modality
units; anything else becomes a Secondary Capture. Patient and study are kept on purpose: this is the
only export that carries identity.
"""

import uuid
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, EnhancedMRImageStorage

from jrviewer import __version__
from jrviewer.core.prediction import Prediction
from jrviewer.dicom.common.attributes import PARSER_ERRORS, drop, integer, items, text, texts
from jrviewer.dicom.common.luts import modality_of
from jrviewer.dicom.common.plane import group
from jrviewer.dicom.writing.derivation import (
    CLASSIC,
    ENHANCED,
    Origin,
    derived_type,
    put_derivation,
)
from jrviewer.dicom.writing.pixel_encoding import (
    Scale,
    decimal_string,
    keep_padding,
    new_scale,
    own_scale,
    to_stored,
)
from jrviewer.dicom.writing.secondary_capture import become_capture
from jrviewer.dicom.writing.uid_map import UidMap

SERIES_DESCRIPTION = "JRViewer AI denoised – NOT FOR DIAGNOSIS"
_TEXTS = {"CS", "SH", "LO"}
_DROPPED = (  # about the source's own pixels or encoding
    "IconImageSequence",
    "DigitalSignaturesSequence",
    "MACParametersSequence",
    "SmallestPixelValueInSeries",
    "LargestPixelValueInSeries",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "FloatPixelData",
    "DoubleFloatPixelData",
    "FloatPixelPaddingValue",
)
_PULSE_SEQUENCE = (  # MR Pulse Sequence module (PS3.3 C.8.13.4): of original images only
    *("PulseSequenceName", "MRAcquisitionType", "EchoPulseSequence", "MultipleSpinEcho"),
    *("MultiPlanarExcitation", "PhaseContrast", "TimeOfFlightContrast"),
    *("ArterialSpinLabelingContrast", "SteadyStatePulseSequence", "EchoPlanarPulseSequence"),
    *("SaturationRecovery", "SpectrallySelectedSuppression", "OversamplingPhase"),
    *("GeometryOfKSpaceTraversal", "RectilinearPhaseEncodeReordering"),
    *("SegmentedKSpaceTraversal", "CoverageOfKSpace", "NumberOfKSpaceTrajectories"),
)


def derive(
    prediction: Prediction,
    origin: Origin,
    lines: Sequence[str],
    *,
    uid_map: UidMap | None = None,
    number: int | None = None,
    removed_marks: int | None = None,
) -> Dataset:
    """The derived object. For the arguments see `jrviewer.dicom.write_derived`."""
    source = origin.parsed.dataset
    ds = _cleaned(source)
    sop_class = origin.parsed.sop_class
    scale = _kept_scale(prediction, origin)
    ds.SOPClassUID = sop_class
    if scale is not None and sop_class in ENHANCED:
        _keep_one_frame(ds, origin.frame)
    elif scale is None or sop_class not in CLASSIC:
        scale = None
        become_capture(ds, prediction.slice)
    _put_pixels(ds, prediction, origin, scale)
    _put_identity(ds, prediction, origin, uid_map)
    if number is not None:
        ds.InstanceNumber = number
    put_derivation(ds, prediction, origin, removed_marks)
    if lines:
        ds.ImageComments = "\r\n".join(lines)
    return ds


def _cleaned(source: Dataset) -> Dataset:
    """A copy without pixels, private tags, icons, overlays and curves; texts in UTF-8."""
    ds = Dataset()
    for tag in list(source.keys()):
        is_overlay = tag.group in range(0x6000, 0x6100) or tag.group in range(0x5000, 0x5100)
        if is_overlay or tag.is_private or not 0x0008 <= tag.group < 0x7FE0:
            continue
        try:
            _require_readable(source[tag])
            ds[tag] = deepcopy(source[tag])
        except PARSER_ERRORS:
            continue  # unreadable in the source: left out of the copy
    ds.remove_private_tags()
    ds.decode()
    ds.SpecificCharacterSet = "ISO_IR 192"
    drop(ds, _DROPPED)
    _mend(ds)
    return ds


def _mend(ds: Dataset) -> None:
    """Give texts the representation of the standard where the source states another, and an object
    what it must hold, though it be empty; careless anonymisers forget both.
    """
    for element in ds:
        wanted = dictionary_VR(element.tag) if dictionary_has_tag(element.tag) else element.VR
        if wanted != element.VR and {element.VR, wanted} <= _TEXTS:
            element.VR = wanted
    if ds.get("SOPClassUID") == CTImageStorage and "AcquisitionNumber" not in ds:
        ds.AcquisitionNumber = None
    if "FrameOfReferenceUID" in ds and "PositionReferenceIndicator" not in ds:
        ds.PositionReferenceIndicator = ""
    is_part_known = text(ds, "BodyPartExamined") or text(ds, "ImageLaterality")
    if ds.get("SOPClassUID") in CLASSIC and not is_part_known and "Laterality" not in ds:
        ds.Laterality = ""  # the part is not known, so neither is its side
    spacing = ds.get("SpacingBetweenSlices")
    if isinstance(spacing, float) and spacing < 0 and ds.get("Modality") != "NM":
        ds.SpacingBetweenSlices = decimal_string(-spacing)  # a distance, whatever the order


def _require_readable(element: DataElement) -> None:
    """Raise the parser's error for anything unreadable in an element; items are parsed lazily."""
    if element.VR == "SQ":
        for item in element.value:
            for nested in item:
                _require_readable(nested)


def _kept_scale(prediction: Prediction, origin: Origin) -> Scale | None:
    """The source's scale if the denoised pixels can be encoded in it, else None."""
    ds, modality = origin.parsed.dataset, modality_of(origin.parsed.dataset, origin.frame)
    is_plain = modality.table is None and prediction.slice.colour is None and not modality.warning
    if origin.parsed.sop_class not in CLASSIC | ENHANCED or not is_plain:
        return None
    if origin.parsed.sop_class in CLASSIC and (integer(ds, "NumberOfFrames") or 1) > 1:
        return None  # these classes hold one frame, and do not say where any other one lies
    has_groups = len(items(ds, "PerFrameFunctionalGroupsSequence")) > origin.frame
    if origin.parsed.sop_class in ENHANCED and not has_groups:
        return None
    return own_scale(ds, modality.slope, modality.intercept, origin.stored.dtype)


def _keep_one_frame(ds: Dataset, frame: int) -> None:
    """Reduce an enhanced object to one frame, marked as derived in its functional groups too."""
    groups = items(ds, "PerFrameFunctionalGroupsSequence")
    ds.PerFrameFunctionalGroupsSequence = groups[frame : frame + 1]
    ds.NumberOfFrames = 1
    if ds.SOPClassUID == EnhancedMRImageStorage:
        drop(ds, _PULSE_SEQUENCE)
    for sequence in ("CTImageFrameTypeSequence", "MRImageFrameTypeSequence"):
        own = group(ds, 0, sequence)
        if own is not None and "FrameType" in own:
            own.FrameType = derived_type(texts(own, "FrameType"), is_enhanced=True)


def _put_pixels(ds: Dataset, prediction: Prediction, origin: Origin, kept: Scale | None) -> None:
    """Set the denoised pixels, in the source's scale if that is kept."""
    scale = kept or new_scale(prediction.denoised)
    stored = to_stored(prediction.denoised, scale)
    if kept is not None:
        stored = keep_padding(stored, origin.stored, ds, kept)
    else:
        drop(ds, ("PixelPaddingValue", "PixelPaddingRangeLimit"))
        ds.RescaleSlope, ds.RescaleIntercept = (
            decimal_string(scale.slope),
            decimal_string(scale.intercept),
        )
        ds.RescaleType = "HU" if prediction.slice.unit == "HU" else "US"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME1" if prediction.slice.inverted else "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated = stored.dtype.itemsize * 8
    ds.BitsStored, ds.HighBit = scale.bits, scale.bits - 1
    ds.PixelRepresentation = int(scale.signed)
    vr = "SS" if scale.signed else "US"
    ds.add_new("SmallestImagePixelValue", vr, int(stored.min()))
    ds.add_new("LargestImagePixelValue", vr, int(stored.max()))
    raw = stored.tobytes()
    ds.add_new("PixelData", "OB" if stored.dtype.itemsize == 1 else "OW", raw + bytes(len(raw) % 2))


def _put_identity(
    ds: Dataset, prediction: Prediction, origin: Origin, uid_map: UidMap | None
) -> None:
    """A new object in a new series of the same study: one for each patient, whatever UIDs the
    sources share, for each model and strength, and for each UID map if there is one.
    """
    source = origin.parsed.dataset
    own = prediction.weights_sha256, __version__, prediction.strength.words
    patient = text(source, "PatientID") or text(source, "PatientName")
    series = " ".join((text(source, "SeriesInstanceUID"), patient, *own))
    now = datetime.now(UTC).astimezone()
    ds.SOPInstanceUID = _instance_uid(prediction, origin, series, uid_map)
    lasting = f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, series).int}"
    ds.SeriesInstanceUID = lasting if uid_map is None else uid_map.uid(f"series {series}")
    ds.SeriesDescription = SERIES_DESCRIPTION
    ds.SeriesNumber = 9000 + (integer(source, "SeriesNumber") or 0) % 1000
    ds.InstanceNumber = prediction.slice.acquisition.instance_number or origin.frame + 1
    for keyword in ("InstanceCreation", "Content", "Series"):
        setattr(ds, f"{keyword}Date", f"{now:%Y%m%d}")
        setattr(ds, f"{keyword}Time", f"{now:%H%M%S}")


def _instance_uid(
    prediction: Prediction, origin: Origin, series: str, uid_map: UidMap | None
) -> str:
    """A new UID; one UID map gives the same slice the same one, so that an archive that gets it
    twice keeps it once. Devices differ in some pixels, so theirs are different ones.
    """
    if uid_map is None:
        return f"2.25.{uuid.uuid4().int}"
    own = (text(origin.parsed.dataset, "SOPInstanceUID"), origin.frame, prediction.device)
    return uid_map.uid(f"instance {series} {prediction.slice.source.pixels_sha256} {own}")
