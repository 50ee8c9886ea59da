"""Whether a file says that contrast medium was given (PS3.3 C.7.6.4, C.7.6.4b)."""

import re

from pydicom.dataset import Dataset

from jrviewer.dicom.common.attributes import first_item, text
from jrviewer.dicom.common.plane import group

# Free text: scanners fill it even where nothing was given.
_NOTHING = re.compile(
    r"(NO(NE|T?)|N|0|NA|N/A|NIL|NATIVE?|OHNE|SANS|SIN|WITHOUT|WO|W/O|NON|PLAIN|-+)"
    r"([\s./-]*(CONTRAST|KM|IV|I\.V\.|CM|AGENT|MEDIUM|CONTRASTE|GIVEN|USED|APPLICABLE))*"
)


def states_contrast(ds: Dataset, frame: int) -> bool:
    """Whether an agent is named, coded or its use is stated for a frame."""
    named = text(ds, "ContrastBolusAgent").upper()
    if named and not _NOTHING.fullmatch(named):
        return True
    if first_item(ds, "ContrastBolusAgentSequence") is not None:
        usage = group(ds, frame, "ContrastBolusUsageSequence")
        return text(usage, "ContrastBolusAgentAdministered").upper() != "NO"
    return False
