"""Names of SOP classes in plain words (PS3.4 annex B, PS3.6 annex A)."""

from pydicom.uid import UID

DIRECTORY = "1.2.840.10008.1.3.10"

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_KINDS = (  # the first prefix that fits
    (DIRECTORY, "a DICOMDIR, the table of contents of a disc or folder"),
    (_STORAGE + "88", "a structured report"),
    (_STORAGE + "481.3", "an RT structure set"),
    (_STORAGE + "481.5", "an RT plan"),
    (_STORAGE + "481.8", "an RT ion plan"),
    (_STORAGE + "481.4", "an RT treatment record"),
    (_STORAGE + "481.6", "an RT treatment record"),
    (_STORAGE + "481.7", "an RT treatment record"),
    (_STORAGE + "481.9", "an RT treatment record"),
    (_STORAGE + "481.10", "an RT prescription"),
    (_STORAGE + "11", "a presentation state"),
    (_STORAGE + "9", "a waveform, such as an ECG"),
    (_STORAGE + "104.1", "an encapsulated PDF document"),
    (_STORAGE + "104.2", "an encapsulated clinical document"),
    (_STORAGE + "104", "an encapsulated 3D model"),
    (_STORAGE + "66.1", "a spatial registration"),
    (_STORAGE + "66.2", "a set of spatial fiducials"),
    (_STORAGE + "66.3", "a deformable registration"),
    (_STORAGE + "66.5", "a surface segmentation"),
    (_STORAGE + "66.6", "a set of fibre tracks"),
    (_STORAGE + "66.4", "a segmentation"),
    (_STORAGE + "66", "raw scanner data"),
    (_STORAGE + "67", "a real world value mapping"),
    (_STORAGE + "68", "a surface scan"),
    (_STORAGE + "91", "a set of microscopy annotations"),
    (_STORAGE + "78", "an eye measurement"),
    (_STORAGE + "4.2", "an MR spectrum"),
    ("1.2.840.10008.5.1.4.39", "a colour palette"),
    ("1.2.840.10008.5.1.4.38", "a hanging protocol"),
    ("1.2.840.10008.5.1.4.34", "an RT instruction"),
)
_DICOM = "1.2.840.10008."  # the root of all UIDs of the standard
_SEGMENTATION = _STORAGE + "66.4"


def describe(sop_class: str) -> str:
    """An object's kind with its article, e.g. "a structured report"."""
    if kind := _kind_without_image(sop_class):
        return kind
    name = _class_name(sop_class)
    if name:
        return f"an object of the class “{name}”"
    is_private = bool(sop_class) and not sop_class.startswith(_DICOM)
    kind = "a manufacturer's own (private) kind" if is_private else "an unknown kind"
    return f"a DICOM object of {kind}"


def is_image(sop_class: str) -> bool:
    """Whether objects of this class can hold pixels; unknown classes count as images."""
    return sop_class == _SEGMENTATION or not _kind_without_image(sop_class)


def no_image_sentence(sop_class: str) -> str:
    """The sentence for an object without pixels, with what to do."""
    if sop_class == DIRECTORY:
        return "This is a DICOMDIR, a table of contents: the images that it lists open with it."
    if is_image(sop_class) and _class_name(sop_class):
        return (
            f"This is {describe(sop_class)}, but its pixels are missing, so there is nothing to "
            "show. Ask for the file to be sent again."
        )
    return (
        f"This is {describe(sop_class)}, which holds no image. "
        "Open the image series that it belongs to."
    )


def _kind_without_image(sop_class: str) -> str:
    fits = (k for prefix, k in _KINDS if sop_class == prefix or sop_class.startswith(prefix + "."))
    return next(fits, "")


def _class_name(sop_class: str) -> str:
    name = UID(sop_class).name if sop_class else ""
    return "" if name == sop_class else name.removesuffix(" Storage")
