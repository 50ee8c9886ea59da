"""Checks of a derived object before it is written.

They look at the finished object and share no code with what makes it, so that a mistake there is
caught here.
"""

from collections.abc import Callable

from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from jrviewer.core.errors import ExportError
from jrviewer.dicom.common.attributes import (
    first_item,
    integer,
    items,
    number,
    numbers,
    text,
    texts,
)
from jrviewer.dicom.writing.derivation import (
    ENHANCED,
    PROCESSING_EQUIPMENT,
    SMOOTHING,
    SOURCE_IMAGE,
    UNREFERRED,
    Origin,
    may_be_referred_to,
)
from jrviewer.dicom.writing.derived_image import SERIES_DESCRIPTION

Check = Callable[[Dataset, Origin], bool]

_KEPT = ("PatientID", "StudyInstanceUID", "FrameOfReferenceUID", "Modality")


def require_sound(ds: Dataset, origin: Origin) -> None:
    """Raise ExportError, naming the failed checks, if a derived object fails one."""
    failed = [name for name, passes in CHECKS.items() if not passes(ds, origin)]
    if failed:
        raise ExportError(
            f"The derived DICOM failed a check ({', '.join(failed)}), so it was not written. "
            "Please report this."
        )


def _is_new_object(ds: Dataset, origin: Origin) -> bool:
    source = origin.parsed.dataset
    return all(
        text(ds, one) and text(ds, one) != text(source, one)
        for one in ("SOPInstanceUID", "SeriesInstanceUID")
    )


def _is_of_the_study(ds: Dataset, origin: Origin) -> bool:
    return all(text(ds, one) == text(origin.parsed.dataset, one) for one in _KEPT)


def _is_marked_derived(ds: Dataset, _: Origin) -> bool:
    second = "PRIMARY" if ds.SOPClassUID in ENHANCED else "SECONDARY"
    return texts(ds, "ImageType")[:2] == ("DERIVED", second)


def _says_how(ds: Dataset, _: Origin) -> bool:
    said = text(ds, "DerivationDescription")
    codes = [text(one, "CodeValue") for one in items(ds, "DerivationCodeSequence")]
    return "sha256" in said and "JRViewer" in said and codes == [SMOOTHING[0]]


def _names_its_source(ds: Dataset, origin: Origin) -> bool:
    if not may_be_referred_to(origin):
        return "SourceImageSequence" not in ds and UNREFERRED in text(ds, "DerivationDescription")
    item = first_item(ds, "SourceImageSequence")
    purpose = first_item(item, "PurposeOfReferenceCodeSequence")
    uid = text(origin.parsed.dataset, "SOPInstanceUID")
    same = text(item, "ReferencedSOPInstanceUID") == uid
    return same and text(purpose, "CodeValue") == SOURCE_IMAGE[0]


def _names_the_equipment(ds: Dataset, origin: Origin) -> bool:
    listed = items(ds, "ContributingEquipmentSequence")
    before = len(items(origin.parsed.dataset, "ContributingEquipmentSequence"))
    purpose = first_item(listed[-1] if listed else None, "PurposeOfReferenceCodeSequence")
    return len(listed) == before + 1 and text(purpose, "CodeValue") == PROCESSING_EQUIPMENT[0]


def _stays_lossy(ds: Dataset, origin: Origin) -> bool:
    was = text(origin.parsed.dataset, "LossyImageCompression") == "01"
    return not was or text(ds, "LossyImageCompression") == "01"


def _is_labelled(ds: Dataset, _: Origin) -> bool:
    return text(ds, "SeriesDescription") == SERIES_DESCRIPTION


def _has_only_its_own_pixels(ds: Dataset, origin: Origin) -> bool:
    no_extras = "IconImageSequence" not in ds and not any(
        one.group in range(0x6000, 0x6100) or one.is_private
        for one in ds.keys()  # noqa: SIM118
    )
    burned_in = text(origin.parsed.dataset, "BurnedInAnnotation")
    return no_extras and text(ds, "BurnedInAnnotation") == burned_in


def _lies_where_the_source_lies(ds: Dataset, origin: Origin) -> bool:
    if ds.SOPClassUID == SecondaryCaptureImageStorage:
        return True  # this class requires no geometry
    source = origin.parsed.dataset
    kept = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns")
    return all(numbers(ds, one) == numbers(source, one) for one in kept)


def _has_as_many_pixels_as_it_says(ds: Dataset, origin: Origin) -> bool:
    rows, columns = integer(ds, "Rows") or 0, integer(ds, "Columns") or 0
    expected = rows * columns * (integer(ds, "BitsAllocated") or 0) // 8
    same_shape = (rows, columns) == origin.stored.shape[:2]
    return same_shape and len(ds.PixelData) == expected + expected % 2


def _has_right_extremes(ds: Dataset, _: Origin) -> bool:
    low, high = number(ds, "SmallestImagePixelValue"), number(ds, "LargestImagePixelValue")
    return low is not None and high is not None and low <= high


CHECKS: dict[str, Check] = {
    "new identifiers": _is_new_object,
    "same patient and study": _is_of_the_study,
    "image type": _is_marked_derived,
    "derivation": _says_how,
    "source image": _names_its_source,
    "equipment": _names_the_equipment,
    "lossy": _stays_lossy,
    "label": _is_labelled,
    "no foreign pixels": _has_only_its_own_pixels,
    "geometry": _lies_where_the_source_lies,
    "pixels": _has_as_many_pixels_as_it_says,
    "extremes": _has_right_extremes,
}
