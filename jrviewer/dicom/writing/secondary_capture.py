"""Conversion of a data set to a Secondary Capture (PS3.3 A.8.1), for sources whose own class
would make promises that the denoised pixels do not keep.
"""

from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from jrviewer.core.geometry import orientation_letters
from jrviewer.core.records import Slice
from jrviewer.dicom.common.attributes import drop, items, text
from jrviewer.dicom.writing.pixel_encoding import decimal_string

_ONLY_IN_MULTI_FRAME = (
    "NumberOfFrames",
    "FrameIncrementPointer",
    "FrameTime",
    "FrameTimeVector",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "DimensionOrganizationSequence",
    "DimensionIndexSequence",
    "DimensionOrganizationType",
    "GridFrameOffsetVector",
)
_PLACE = ("ImagePositionPatient", "ImageOrientationPatient", "SliceLocation")
_ONLY_IN_OTHER_CLASSES = ("ModalityLUTSequence", "PixelAspectRatio", "PresentationLUTShape")
_TYPE_2 = (  # present in every capture, empty where unknown
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientOrientation",
)
_ONLY_IN_COLOUR = ("PlanarConfiguration", "ICCProfile", "ColorSpace", "UltrasoundColorDataPresent")
_OF_RADIOTHERAPY = range(0x3002, 0x300F)  # plans and doses that no capture can refer to
_NEVER_PAIRED = ("SEG", "SM")  # need no laterality although they name no body part


def become_capture(ds: Dataset, image: Slice) -> None:
    """Convert the copy in place; the slice's plane is kept where it is known."""
    drop(ds, (*_ONLY_IN_MULTI_FRAME, *_ONLY_IN_COLOUR, *_ONLY_IN_OTHER_CLASSES))
    for tag in list(ds.keys()):
        is_palette = tag.group == 0x0028 and 0x1100 <= tag.element < 0x1300
        if is_palette or tag.group in _OF_RADIOTHERAPY:
            del ds[tag]
    if len(items(ds, "AnatomicRegionSequence")) != 1:
        drop(ds, ("AnatomicRegionSequence",))
    ds.SOPClassUID = SecondaryCaptureImageStorage
    ds.ConversionType = "WSD"
    if not image.has_position:
        drop(ds, _PLACE)
    else:
        plane = image.plane
        axes = (plane.along_row, plane.along_column)
        ds.ImagePositionPatient = [decimal_string(one) for one in plane.origin_mm]
        ds.ImageOrientationPatient = [decimal_string(one) for axis in axes for one in axis]
        ds.PatientOrientation = [_feet_and_head(orientation_letters(axis)) for axis in axes]
    if image.spacing_source == "pixel":
        ds.PixelSpacing = [decimal_string(one) for one in image.plane.spacing_mm]
    paired = "BodyPartExamined" not in ds and text(ds, "Modality") not in _NEVER_PAIRED
    for keyword in (*_TYPE_2, *(["Laterality"] if paired else [])):
        if keyword not in ds:
            setattr(ds, keyword, "")


def _feet_and_head(letters: str) -> str:
    """Orientation letters as the standard spells them: H and F for S and I (PS3.3 C.7.6.1.1.1)."""
    return letters.replace("S", "H").replace("I", "F")
