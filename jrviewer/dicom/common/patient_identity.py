"""Patient identity: the texts that must never leak, and the lines of the hideable corner text."""

import re

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from jrviewer.dicom.common.attributes import all_elements, text

_STANDARD_UID = "1.2.840.10008."
_SHORTEST = 3
_TEXT_VRS = frozenset({"LO", "SH", "ST", "LT", "UC", "UT"})
_IDENTIFYING = re.compile(
    r"(Patient|Accession|Study|Admission|Order|Filler|Placer|Issuer|Requested|Scheduled|Performed"
    r"|Device|Institution|Station|Physician|Operator|Person|Military|Insurance|Protocol|Other"
    r"|ClinicalTrialSubject|MedicalRecord|ServiceEpisode|Specimen|Container|Referring|Consulting"
    r"|Responsible)"
    r"\w*(ID|IDs|Identifier|Number|Numbers|Name|Names|Address|Comments|SerialNumber|Locator)$"
)
_NOT_IDENTIFYING = frozenset({"ProtocolName", "PatientIdentityRemoved", "DeviceNumber"})


def identifiers_of(ds: Dataset) -> frozenset[str]:
    """Every name, identifier, date and UID of three or more characters in a data set and its items,
    except standard UIDs; dates also with hyphens.
    """
    found: set[str] = set()
    for _, element in all_elements(ds):
        vr = element.VR
        if vr in ("PN", "UI", "DA", "DT") or (vr in _TEXT_VRS and _is_identifying(element.keyword)):
            for one in _values(element.value):
                found |= _forms(vr, one)
    return frozenset(one for one in found if len(one) >= _SHORTEST)


def patient_text(ds: Dataset) -> tuple[str, ...]:
    """Lines about the patient and the study, for the screen only."""
    name = ", ".join(part for part in text(ds, "PatientName").split("^") if part)
    born = " ".join(
        one for one in (day(text(ds, "PatientBirthDate")), text(ds, "PatientSex")) if one
    )
    lines = (
        name,
        text(ds, "PatientID"),
        born,
        " ".join(part for part in (day(text(ds, "StudyDate")), clock(ds)) if part),
        text(ds, "InstitutionName"),
    )
    return tuple(line for line in lines if line)


def day(stored: str) -> str:
    """A stored date in ISO 8601; unchanged if it is not a date."""
    match = re.fullmatch(r"(\d{4})\.?(\d{2})\.?(\d{2})", stored)
    return "-".join(match.groups()) if match else stored


def clock(ds: Dataset) -> str:
    """The study's time of day to the minute."""
    match = re.match(r"(\d{2}):?(\d{2})", text(ds, "StudyTime"))
    return ":".join(match.groups()) if match else ""


def _is_identifying(keyword: str) -> bool:
    return keyword not in _NOT_IDENTIFYING and _IDENTIFYING.match(keyword) is not None


def _values(stored: object) -> list[str]:
    many = stored if isinstance(stored, MultiValue | list | tuple) else [stored]
    return [str(one).strip() for one in many if one is not None]


def _words(parts: list[str]) -> set[str]:
    """The words of components of several ("Karl Heinz", "Muster-Probe"), the first two also as the
    components that they are where somebody wrote "Muster, Hans" (PS3.5 6.2.1).
    """
    found: set[str] = set()
    for part in parts:
        words = [word for word in re.split(r"[\s,.\-]+", part) if word]
        if len(words) > 1:
            found |= {*words, f"{words[0]}^{words[1]}"}
    return found


def _forms(vr: str, one: str) -> set[str]:
    """All spellings by which a value could be recognised."""
    if vr == "UI":
        return set() if one.startswith(_STANDARD_UID) else {one}
    if vr == "PN":
        parts = re.split(r"[\^=]", one)
        readable = " ".join(part for part in one.split("=")[0].split("^") if part)
        return {one, readable, *(part.strip() for part in parts), *_words(parts)}
    if vr in ("DA", "DT"):
        return {one, one[:8], day(one[:8])}
    return {one}
