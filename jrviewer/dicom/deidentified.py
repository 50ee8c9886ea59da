"""A derived object without identity (PS3.15 annex E, Basic Application Level Confidentiality
Profile with the Clean Descriptors Option).

Stricter than the profile's table, which names what to remove: here nothing stays but what is known
to be needed and harmless. Attributes of other groups, names, dates, times and free text go;
descriptors that stay hold coded words or our own; every UID but those of the standard is remapped.
"""

import re
from collections.abc import Iterable

from pydicom.dataset import Dataset
from pydicom.uid import UID

from jrviewer.dicom.attributes import items, text
from jrviewer.dicom.derived import CLASSIC, ENHANCED, SERIES_DESCRIPTION, coded
from jrviewer.dicom.release import Release
from jrviewer.errors import ExportError

METHODS = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113105", "Clean Descriptors Option"),
)
ANONYMOUS = "ANONYMOUS"
NO_DATE, NO_TIME = "19000101", "000000"  # where one must be, one that nobody takes for real

_GROUPS = frozenset({0x0008, 0x0018, 0x0020, 0x0028, 0x5200, 0x7FE0})
_NUMBERS = frozenset({"DS", "IS", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "AT"})
_ALSO = frozenset(  # of other groups or kinds, but needed
    {
        *("LUTDescriptor", "LUTData", "PixelData", "SpecificCharacterSet"),
        *("PurposeOfReferenceCodeSequence", "AcquisitionContextSequence", "PresentationLUTShape"),
        *("CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning"),
    }
)
_DESCRIPTORS = frozenset(  # that stay where they look like a code
    {
        *("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "ConvolutionKernel"),
        *("RescaleType", "StackID", "ModalityLUTType"),
    }
)
_SEQUENCES_OF_0008 = frozenset(
    {
        *("SourceImageSequence", "DerivationCodeSequence", "SourceImageEvidenceSequence"),
        *("AnatomicRegionSequence", "ReferencedSeriesSequence", "ReferencedSOPSequence"),
        "DerivationImageSequence",
    }
)
_NOT_ABOUT_THE_IMAGE = re.compile(
    r"^Patient(?!Position|Orientation)|Physician|Operator|Institution|Station|Device|Serial|Cassette"
    r"|Plate|Request|Performed|Scheduled|Visit|Trial|Protocol|Pregnan|Issue|Query"
)
_VOCABULARIES = frozenset({"DCM", "SCT", "SRT", "UCUM", "SNM3"})
_EMPTY = (  # of type 2: present, but without a value
    *("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID"),
    *("PatientBirthDate", "PatientSex", "PositionReferenceIndicator"),
)
_EQUIPMENT = ("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "DeviceSerialNumber")
_CODE = re.compile(r"[A-Za-z0-9_ .+/-]{0,32}")


def require_clean_picture(source: Dataset, sop_class: str) -> None:
    """Raise ExportError where text may be burned into the pixels, which nothing here removes."""
    stated = text(source, "BurnedInAnnotation").upper()
    if stated == "YES" or (stated != "NO" and sop_class not in CLASSIC | ENHANCED):
        raise ExportError(
            "The picture itself may show the patient's name, so it cannot be de-identified. "
            "Choose an image that its file says is free of burned-in text."
        )


def deidentify(ds: Dataset, release: Release, own: Iterable[str]) -> None:
    """Take the identity out of a derived object; its references to objects of the same release
    survive. `own` are texts of ours that stay.
    """
    patient = text(ds, "PatientID") or text(ds, "PatientName")
    ours = items(ds, "ContributingEquipmentSequence")[-1:]  # the others tell places and people
    ds.ContributingEquipmentSequence = ours
    texts = [str(element.value) for item in ours for element in item if element.VR != "SQ"]
    _clean(ds, release, frozenset({SERIES_DESCRIPTION, *own, *texts}))
    for keyword in _EMPTY:
        setattr(ds, keyword, "")
    if "Manufacturer" not in ds:
        ds.Manufacturer = ""
    ds.PatientName, ds.PatientID = ANONYMOUS, release.patient(patient)
    if ds.SOPClassUID in ENHANCED:
        ds.ContentDate, ds.ContentTime = NO_DATE, NO_TIME
        for keyword in _EQUIPMENT:
            if not text(ds, keyword):
                setattr(ds, keyword, ANONYMOUS)
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = "JRViewer: PS3.15 Basic Profile, Clean Descriptors"
    ds.DeidentificationMethodCodeSequence = [coded(method) for method in METHODS]
    ds.LongitudinalTemporalInformationModified = "REMOVED"


def _clean(ds: Dataset, release: Release, own: frozenset[str]) -> None:
    """Drop what may identify, remap what must stay; in items too."""
    if "CodeValue" in ds and text(ds, "CodingSchemeDesignator") not in _VOCABULARIES:
        ds.clear()  # a place's own code, with a meaning of its own
    for element in list(ds):
        if not _may_stay(element.keyword, element.VR, element.tag.group, element.value, own):
            del ds[element.tag]
        elif element.VR == "SQ":
            for item in element.value:
                _clean(item, release, own)
            element.value = [item for item in element.value if len(item)]
        elif element.VR == "UI":
            element.value = _remapped(element.value, release)


def _may_stay(keyword: str, vr: str, group: int, value: object, own: frozenset[str]) -> bool:
    if keyword in _ALSO or (isinstance(value, str) and value in own):
        return True
    if keyword in _DESCRIPTORS:
        return _is_coded(value)
    if group not in _GROUPS or not keyword or _NOT_ABOUT_THE_IMAGE.search(keyword):
        return False
    if vr == "SQ":
        return group != 0x0008 or keyword in _SEQUENCES_OF_0008
    return vr in _NUMBERS or vr == "UI" or (vr == "CS" and _is_coded(value))


def _is_coded(value: object) -> bool:
    """Whether a text looks like a code: careless software writes sentences there."""
    many = [value] if isinstance(value, str) or value is None else list(value)  # type: ignore[call-overload]
    return all(_CODE.fullmatch(str(one or "")) for one in many)


def _remapped(value: object, release: Release) -> object:
    if value is None:
        return None
    if isinstance(value, str):
        return value if _is_of_the_standard(value) else release.uid(value)
    return [_remapped(str(one), release) for one in value]  # type: ignore[attr-defined]


def _is_of_the_standard(uid: str) -> bool:
    """Whether the standard lists it, not only whether it begins as if."""
    return not uid or UID(uid).name != uid
