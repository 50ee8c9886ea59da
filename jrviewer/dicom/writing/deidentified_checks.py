"""The rules that a de-identified object must keep before it is written, looked at in the finished
object apart from the code that makes it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from jrviewer import NOTICE
from jrviewer.core.errors import ExportError
from jrviewer.core.identifier_search import is_leaked
from jrviewer.core.records import Prediction
from jrviewer.dicom.common.attributes import all_elements, items, text
from jrviewer.dicom.common.patient_identity import identifiers_of
from jrviewer.dicom.writing.deidentify import ANONYMOUS, METHODS, NO_DATE, NO_TIME
from jrviewer.dicom.writing.derived_image import SERIES_DESCRIPTION

_NUMBERS = frozenset({"DS", "IS", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "AT"})
_MEASURED_BY_NAME = frozenset({"PN", "DA", "TM", "DT", "AS", "UN", "UR", "AE", "UT", "UC"})
_ALLOWED = frozenset({"", ANONYMOUS, NO_DATE, NO_TIME})

FIXED_WORDS = f"""{NOTICE} {SERIES_DESCRIPTION} {METHODS} {ANONYMOUS}
JRViewer: PS3.15 Noise reduced model
weights sha256 at the source's own pixel grid, not resampled Made in spite of a red input check by a
neural network, research preview Smoothing Source image for image processing operation Processing
Equipment app notice weights_sha256 source_pixels_sha256 source_file_sha256 source_frame points
device input_check green amber red overridden yes content_sha256 ORIGINAL PRIMARY DERIVED SECONDARY
AXIAL LOCALIZER VOLUME FILTERED NONE MONOCHROME1 MONOCHROME2 ISO_IR 192 ANON REMOVED HEAD NECK CHEST
THORAX ABDOMEN PELVIS SPINE EXTREMITY BRAIN"""
"""What any patient's object may say: an identifier that is one of these words gives nobody away."""


@dataclass(frozen=True, slots=True, eq=False)
class Secrets:
    """What must not be said, and the words that may be said of anybody."""

    identifiers: frozenset[str]
    fixed: str

    def told(self, said: str) -> bool:
        """Whether a text says one of the identifiers."""
        return is_leaked(said, b"", self.identifiers, self.fixed)


Rule = Callable[[Dataset, Secrets], bool]


def secrets_of(source: Dataset, prediction: Prediction) -> Secrets:
    """What an object derived from the source must not say."""
    return Secrets(
        prediction.slice.source.identifiers | identifiers_of(source),
        f"{FIXED_WORDS} {prediction.model} {prediction.device}",
    )


def require_anonymous(ds: Dataset, source: Dataset, prediction: Prediction) -> None:
    """Raise ExportError where a de-identified object still tells who the patient is."""
    secrets = secrets_of(source, prediction)
    broken = [name for name, keeps in RULES.items() if not keeps(ds, secrets)]
    if broken:
        raise ExportError(
            f"The de-identified DICOM would not be anonymous ({', '.join(broken)}), so it was not "
            "written. Please report this; PNG and PLY can still be exported."
        )


def _is_told(ds: Dataset, _: Secrets) -> bool:
    codes = [text(item, "CodeValue") for item in items(ds, "DeidentificationMethodCodeSequence")]
    removed = text(ds, "PatientIdentityRemoved") == "YES"
    faces = text(ds, "RecognizableVisualFeatures") in ("YES", "NO")
    return removed and faces and codes == [code for code, _ in METHODS]


def _has_no_uid_of_the_source(ds: Dataset, secrets: Secrets) -> bool:
    return not secrets.identifiers & {
        one for element in _elements(ds, "UI") for one in _values(element)
    }


def _has_no_names_and_dates(ds: Dataset, _: Secrets) -> bool:
    patient_id = text(ds, "PatientID")
    found = {one for vr in _MEASURED_BY_NAME for e in _elements(ds, vr) for one in _values(e)}
    return found <= _ALLOWED and patient_id.startswith("ANON-")


def _says_nothing(ds: Dataset, secrets: Secrets) -> bool:
    said = [
        one
        for _, element in all_elements(ds)
        if element.VR not in _NUMBERS | {"SQ"}
        for one in _values(element)
    ]
    return not secrets.told("\n".join(said))


def _has_no_private_elements(ds: Dataset, _: Secrets) -> bool:
    return not any(element.tag.is_private for _, element in all_elements(ds))


def _elements(ds: Dataset, vr: str) -> list[DataElement]:
    return [element for _, element in all_elements(ds) if vr == element.VR]


def _values(element: DataElement) -> list[str]:
    value = element.value
    many = list(value) if element.VM > 1 else [value]
    return ["" if one is None else str(one) for one in many]


RULES: dict[str, Rule] = {
    "said to be anonymous": _is_told,
    "new UIDs": _has_no_uid_of_the_source,
    "no names and dates": _has_no_names_and_dates,
    "no identifiers": _says_nothing,
    "no private attributes": _has_no_private_elements,
}
