"""Whether text, such as the patient's name, is part of an image's pixels (PS3.3 C.7.6.1)."""

from pydicom.dataset import Dataset
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    MRImageStorage,
)

from jrviewer.core.records import BurnedInText
from jrviewer.dicom.common.attributes import text, texts

_SCANS = frozenset({CTImageStorage, EnhancedCTImageStorage, EnhancedMRImageStorage, MRImageStorage})


def burned_in_text(source: Dataset, sop_class: str) -> BurnedInText:
    """What the file states; if it is silent, "no" for a scanner's own image, and "unknown" for
    others, such as a picture of a screen.
    """
    stated = text(source, "BurnedInAnnotation").upper()
    types = [one.upper() for one in texts(source, "ImageType")]
    is_scan = types[1:2] == ["PRIMARY"] and not any(one.startswith("SCREEN") for one in types)
    if stated == "YES":
        return "yes"
    is_free = stated == "NO" or (stated == "" and is_scan and sop_class in _SCANS)
    return "no" if is_free else "unknown"
