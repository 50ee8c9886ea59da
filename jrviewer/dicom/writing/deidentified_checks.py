"""Checks of a de-identified object before it is written, independent of the code that makes it."""

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from jrviewer import NOTICE
from jrviewer.core.errors import ExportError
from jrviewer.core.identifier_search import is_leaked
from jrviewer.core.prediction import Prediction
from jrviewer.dicom.common.attributes import all_elements, items, text
from jrviewer.dicom.common.patient_identity import identifiers_of
from jrviewer.dicom.writing.deidentify import ANONYMOUS, METHODS, NO_DATE, NO_TIME
from jrviewer.dicom.writing.derived_image import SERIES_DESCRIPTION

_NUMBERS = frozenset({"DS", "IS", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "AT"})
_IDENTIFYING_VRS = frozenset({"PN", "DA", "TM", "DT", "AS", "UN", "UR", "AE", "UT", "UC"})
_ALLOWED = frozenset({"", ANONYMOUS, NO_DATE, NO_TIME})

FIXED_WORDS = f"""{NOTICE} {SERIES_DESCRIPTION} {METHODS} {ANONYMOUS} {NO_DATE}
JRViewer: PS3.15 Noise reduction model strength low standard high noise unchanged Hardly any to
could not be measured Hardly anything was removed
weights sha256 at the source's own pixel grid, not resampled Made in spite of a red input check by a
neural network, research preview Smoothing Source image for image processing operation Processing
Equipment app notice weights_sha256 source_pixels_sha256 source_file_sha256 source_frame points
device input_check green amber red overridden yes content_sha256 ORIGINAL PRIMARY DERIVED SECONDARY
AXIAL LOCALIZER VOLUME FILTERED NONE MONOCHROME1 MONOCHROME2 ISO_IR 192 ANON REMOVED HEAD NECK CHEST
THORAX ABDOMEN PELVIS SPINE EXTREMITY BRAIN"""
"""Words that occur in every export: an identifier equal to one of them identifies nobody."""


@dataclass(frozen=True, slots=True, eq=False)
class Identifiers:
    """Texts that must not occur, and words that may occur for any patient."""

    texts: frozenset[str]
    allowed: str

    def occur_in(self, text: str) -> bool:
        """Whether a text holds one of the identifiers."""
        return is_leaked(text, b"", self.texts, self.allowed)


Check = Callable[[Dataset, Identifiers], bool]


def identifiers_to_hide(source: Dataset, prediction: Prediction) -> Identifiers:
    """The identifiers that an object derived from the source must not hold."""
    return Identifiers(
        prediction.slice.source.identifiers | identifiers_of(source),
        f"{FIXED_WORDS} {prediction.model} {prediction.device}",
    )


def require_anonymous(ds: Dataset, source: Dataset, prediction: Prediction) -> None:
    """Raise ExportError, naming the failed checks, if an object may still identify the patient."""
    hidden = identifiers_to_hide(source, prediction)
    failed = [name for name, passes in CHECKS.items() if not passes(ds, hidden)]
    if failed:
        raise ExportError(
            f"The de-identified DICOM would not be anonymous ({', '.join(failed)}), so it was not "
            "written. Please report this; PNG and PLY are not affected."
        )


def _is_marked(ds: Dataset, _: Identifiers) -> bool:
    codes = [text(item, "CodeValue") for item in items(ds, "DeidentificationMethodCodeSequence")]
    removed = text(ds, "PatientIdentityRemoved") == "YES"
    faces = text(ds, "RecognizableVisualFeatures") in ("YES", "NO")
    return removed and faces and codes == [code for code, _ in METHODS]


def _has_no_uid_of_the_source(ds: Dataset, hidden: Identifiers) -> bool:
    return not hidden.texts & {one for element in _elements(ds, "UI") for one in _values(element)}


def _has_no_names_and_dates(ds: Dataset, _: Identifiers) -> bool:
    patient_id = text(ds, "PatientID")
    found = {one for vr in _IDENTIFYING_VRS for e in _elements(ds, vr) for one in _values(e)}
    return found <= _ALLOWED and patient_id.startswith("ANON-")


def _holds_no_identifier(ds: Dataset, hidden: Identifiers) -> bool:
    texts = [
        one
        for _, element in all_elements(ds)
        if element.VR not in _NUMBERS | {"SQ"}
        for one in _values(element)
    ]
    return not hidden.occur_in("\n".join(texts))


def _has_no_private_elements(ds: Dataset, _: Identifiers) -> bool:
    return not any(element.tag.is_private for _, element in all_elements(ds))


def _elements(ds: Dataset, vr: str) -> list[DataElement]:
    return [element for _, element in all_elements(ds) if vr == element.VR]


def _values(element: DataElement) -> list[str]:
    value = element.value
    many = list(value) if element.VM > 1 else [value]
    return ["" if one is None else str(one) for one in many]


CHECKS: dict[str, Check] = {
    "said to be anonymous": _is_marked,
    "new UIDs": _has_no_uid_of_the_source,
    "no names and dates": _has_no_names_and_dates,
    "no identifiers": _holds_no_identifier,
    "no private attributes": _has_no_private_elements,
}
