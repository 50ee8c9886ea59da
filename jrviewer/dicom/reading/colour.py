"""Colour pixels as 8-bit RGB (PS3.3 C.7.6.3.1.2) and their luminance."""

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut, convert_color_space

from jrviewer.core.errors import CorruptFileError, UnsupportedImageError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import UInt8Array
from jrviewer.dicom.common.attributes import PARSER_ERRORS, value
from jrviewer.dicom.decoding.worker import DecodedFrame

_YBR = ("YBR_FULL", "YBR_FULL_422")


def is_colour(frame: DecodedFrame) -> bool:
    """Whether a frame is shown in colour."""
    return frame.values.ndim == 3 or frame.photometric == "PALETTE COLOR"


def rgb_of(frame: DecodedFrame, ds: Dataset) -> UInt8Array:
    """The frame as 8-bit RGB (rows, columns, 3).

    Raises UnsupportedImageError for more than 8 bits per sample, CorruptFileError for an unusable
    palette.
    """
    if frame.photometric == "PALETTE COLOR":
        return _from_palette(frame.values, ds)
    if frame.values.dtype.itemsize != 1:
        raise UnsupportedImageError(
            f"The image has {frame.values.dtype.itemsize * 8} bits for each of its colours; this "
            "version shows colours of 8 bits. Ask for it as a common RGB image."
        )
    rgb = frame.values.view(np.uint8)
    if frame.photometric in _YBR:
        rgb = convert_color_space(rgb, frame.photometric, "RGB")
    return np.array(rgb, dtype=np.uint8)


def luminance(rgb: UInt8Array) -> FloatArray:
    """Luminance float32 (rows, columns) of RGB (ITU-R BT.601, as DICOM's YBR_FULL)."""
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    grey: FloatArray = (rgb.astype(np.float32) @ weights).astype(np.float32)
    return grey


def _from_palette(values: npt.NDArray[Any], ds: Dataset) -> UInt8Array:
    try:
        coloured = apply_color_lut(values, _little_endian_palette(ds))
    except PARSER_ERRORS as error:
        raise CorruptFileError(
            "The image's colour palette is damaged, so its colours are unknown. "
            "Ask for the file to be sent again."
        ) from error
    if coloured.dtype.itemsize > 1:
        coloured = coloured >> 8
    return np.array(coloured[..., :3], dtype=np.uint8)


def _little_endian_palette(ds: Dataset) -> Dataset:
    """The palette of a data set, its words in the order that pydicom expects.

    The data set itself must stay as it is: all its frames use it.
    """
    if ds.original_encoding[1] is not False:
        return ds
    swapped = Dataset({tag: ds.get_item(tag) for tag in ds.group_dataset(0x0028).keys()})  # noqa: SIM118
    for colour in ("Red", "Green", "Blue"):
        keyword = f"{colour}PaletteColorLookupTableData"
        if isinstance(data := value(ds, keyword), bytes):
            words = np.frombuffer(data[: len(data) // 2 * 2], ">u2").astype("<u2")
            swapped[keyword] = DataElement(keyword, "OW", words.tobytes())
    return swapped
