"""De-identification of a derived object (PS3.15 annex E, Basic Application Level Confidentiality
Profile with the Clean Descriptors Option).

Stricter than the profile, which lists what to remove: only what is known to be needed and harmless
is kept. Attributes of other groups, names, dates, times and free text are removed; descriptors are
kept only if they hold codes or texts of JRViewer; all UIDs are remapped except the standard's own.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import UID, SecondaryCaptureImageStorage

from jrviewer.core.errors import ExportError
from jrviewer.dicom.common.attributes import items, text
from jrviewer.dicom.common.burned_in_text import burned_in_text
from jrviewer.dicom.writing.derivation import ENHANCED, coded
from jrviewer.dicom.writing.derived_image import SERIES_DESCRIPTION
from jrviewer.dicom.writing.uid_map import UidMap

METHODS = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113105", "Clean Descriptors Option"),
)
ANONYMOUS = "ANONYMOUS"
NO_DATE, NO_TIME = "19000101", "000000"  # where a value is mandatory: obviously a dummy

_GROUPS = frozenset({0x0008, 0x0018, 0x0020, 0x0028, 0x5200, 0x7FE0})
_NUMBERS = frozenset({"DS", "IS", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "AT"})
_ALSO = frozenset(  # kept although of another group or kind
    {
        *("LUTDescriptor", "LUTData", "PixelData", "SpecificCharacterSet"),
        *(f"{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")),
        *("PurposeOfReferenceCodeSequence", "AcquisitionContextSequence", "PresentationLUTShape"),
        *("CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning"),
    }
)
_DESCRIPTORS = frozenset(  # kept if they look like a code
    {
        *("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "ConvolutionKernel"),
        *("RescaleType", "StackID", "ModalityLUTType"),
    }
)
_SEQUENCES_OF_0008 = frozenset(
    {
        *("SourceImageSequence", "DerivationCodeSequence", "SourceImageEvidenceSequence"),
        *("AnatomicRegionSequence", "ReferencedSeriesSequence", "ReferencedSOPSequence"),
        *("DerivationImageSequence", "ReferencedInstanceSequence"),
    }
)
_NOT_ABOUT_THE_IMAGE = re.compile(
    r"^Patient(?!Position|Orientation)|Physician|Operator|Institution|Station|Device|Serial|Cassette"
    r"|Plate|UDI|Transducer|Request|Performed|Scheduled|Visit|Trial|Protocol|Pregnan|Issue|Query"
)
_CODED = frozenset({"CS", "LO", "SH"})
_ANY_TYPE = "VOLUME"
_VOCABULARIES = frozenset({"DCM", "SCT", "SRT", "UCUM", "SNM3"})
_EMPTY = (  # type 2: present without a value
    *("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID"),
    *("PatientBirthDate", "PatientSex", "PositionReferenceIndicator"),
)
_EQUIPMENT = ("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "DeviceSerialNumber")
_CODE = re.compile(r"[A-Za-z0-9_ .+/-]{0,32}")


def require_clean_picture(source: Dataset, sop_class: str) -> None:
    """Raise ExportError if text may be burned into the pixels, which nothing here removes."""
    if burned_in_text(source, sop_class) != "no":
        raise ExportError(
            "The picture itself may show the patient's name, so it cannot be de-identified. "
            "Choose an image that its file says is free of burned-in text."
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Rules:
    """How every level of an object is cleaned."""

    uid_map: UidMap
    own: frozenset[str]  # texts written by JRViewer, kept
    identifies: Callable[[str], bool]  # whether a text names the patient or the place


def own_texts(ds: Dataset, lines: Sequence[str]) -> tuple[str, ...]:
    """The texts of a derived object that were written by JRViewer."""
    return (text(ds, "DerivationDescription"), "\r\n".join(lines))


def deidentify(
    ds: Dataset, uid_map: UidMap, own: Iterable[str], identifies: Callable[[str], bool]
) -> None:
    """Remove the identity from a derived object; references between objects of one UID map survive.

    `own` are texts to keep; codes for which `identifies` is true are removed ("PERFUSION" of a
    patient of that name).
    """
    patient = text(ds, "PatientID") or text(ds, "PatientName")
    ours = items(ds, "ContributingEquipmentSequence")[-1:]  # the others name places and people
    ds.ContributingEquipmentSequence = ours
    said = [str(element.value) for item in ours for element in item if element.VR != "SQ"]
    _clean(ds, _Rules(uid_map, frozenset({SERIES_DESCRIPTION, *own, *said}), identifies))
    for keyword in _EMPTY:
        setattr(ds, keyword, "")
    if "Manufacturer" not in ds:
        ds.Manufacturer = ""
    is_capture = ds.SOPClassUID == SecondaryCaptureImageStorage
    if is_capture and "Laterality" not in ds and "BodyPartExamined" not in ds:
        ds.Laterality = ""  # the body part is no longer stated (type 2C)
    ds.PatientName, ds.PatientID = ANONYMOUS, uid_map.patient(patient)
    if ds.SOPClassUID in ENHANCED:
        ds.ContentDate, ds.ContentTime = NO_DATE, NO_TIME
        for keyword in _EQUIPMENT:
            if not text(ds, keyword):
                setattr(ds, keyword, ANONYMOUS)
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = "JRViewer: PS3.15 Basic Profile, Clean Descriptors"
    ds.DeidentificationMethodCodeSequence = [coded(method) for method in METHODS]
    ds.LongitudinalTemporalInformationModified = "REMOVED"


def _clean(ds: Dataset, rules: _Rules) -> None:
    """Remove what may identify, remap what must stay; in items too."""
    if "CodeValue" in ds and not _is_harmless_code(ds, rules):
        ds.clear()
    for element in list(ds):
        group, value = element.tag.group, element.value
        if not _may_stay(element.keyword, element.VR, group, value, rules.own):
            del ds[element.tag]
        elif element.VR == "SQ":
            for item in value:
                _clean(item, rules)
            element.value = [item for item in value if len(item)]
        elif element.VR == "UI":
            element.value = _remapped(value, rules.uid_map)
        elif element.VR in _CODED:
            _drop_identifying(ds, element, rules)


def _is_harmless_code(item: Dataset, rules: _Rules) -> bool:
    """Whether a code is from a standard vocabulary, not from a site's own."""
    return text(item, "CodingSchemeDesignator") in _VOCABULARIES and not rules.identifies(
        text(item, "CodeMeaning")
    )


def _drop_identifying(ds: Dataset, element: DataElement, rules: _Rules) -> None:
    """Remove the values of a code that identify somebody; Image Type and Frame Type of an enhanced
    image keep four values.
    """
    values = [element.value] if isinstance(element.value, str) else list(element.value or ())
    if not any(one not in rules.own and rules.identifies(str(one)) for one in values):
        return
    is_type = element.keyword in ("ImageType", "FrameType")
    if is_type and len(values) == 4 and values[1] != "SECONDARY":  # never so in an enhanced object
        element.value = [_ANY_TYPE if rules.identifies(one) else one for one in values]
    elif kept := [one for one in values if not rules.identifies(str(one))]:
        element.value = kept
    else:
        del ds[element.tag]


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
    """Whether a text looks like a code; some software writes sentences into coded attributes."""
    many = [value] if isinstance(value, str) or value is None else list(value)  # type: ignore[call-overload]
    return all(_CODE.fullmatch(str(one or "")) for one in many)


def _remapped(value: object, uid_map: UidMap) -> object:
    if value is None:
        return None
    if isinstance(value, str):
        return value if _is_of_the_standard(value) else uid_map.uid(value)
    return [_remapped(str(one), uid_map) for one in value]  # type: ignore[attr-defined]


def _is_of_the_standard(uid: str) -> bool:
    """Whether the standard lists the UID; the prefix alone does not prove it."""
    return not uid or UID(uid).name != uid
