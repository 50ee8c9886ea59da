"""Values to grey: DICOM's display windows (PS3.3 C.11.2.1), presets and an automatic window.

Knows slices and windows; draws nothing. Grey is 0 = black to 255 = white as shown on screen:
MONOCHROME1 is inverted here, exactly once and after the window, and nowhere else.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray
from jrviewer.core.padding import is_padding
from jrviewer.core.records import Slice, UInt8Array, VoiLut, Window

PRESETS: Mapping[str, Window] = MappingProxyType(
    {
        "2": Window(-600, 1500, name="Lung"),
        "3": Window(40, 400, name="Mediastinum"),
        "4": Window(50, 350, name="Abdomen"),
        "5": Window(60, 160, name="Liver"),
        "6": Window(400, 1800, name="Bone"),
        "7": Window(40, 80, name="Brain"),
        "8": Window(40, 40, name="Stroke"),
    }
)
"""Window by key, in HU: meaningful on a CT with rescale only, see `presets`."""

LOWEST_HU = -1024.0  # what lies below was never measured: scanners fill the corners with it
AUTOMATIC = "auto"  # the name of a window that was computed from the values
SHARES = (1.0, 99.5)  # percentiles shown as black and white by the automatic window
ENOUGH_VALUES = 1 << 18  # more than these do not move a percentile visibly


def presets(slice_: Slice) -> Mapping[str, Window]:
    """The presets that mean something on this slice: all on a CT in HU, none elsewhere."""
    measured_in_hu = slice_.unit == "HU" and slice_.acquisition.modality == "CT"
    return PRESETS if measured_in_hu else {}


def default_window(slice_: Slice) -> Window:
    """The file's first usable window, else the automatic one."""
    for window in slice_.windows:
        if np.isfinite(window.centre) and np.isfinite(window.width) and window.width > 0:
            return window
    return auto_window(slice_)


def auto_window(slice_: Slice) -> Window:
    """A window from robust percentiles of what was measured, padding and the corners left out."""
    values = _measured(slice_)
    if values.size == 0:
        return Window(0.0, 1.0, "LINEAR_EXACT", AUTOMATIC)
    low, high = (float(value) for value in np.percentile(values, SHARES))
    if high <= low:  # nearly everything has one value: show all there is
        low, high = float(values.min()), float(values.max())
    width = high - low if high > low else 1.0
    return Window((low + high) / 2, width, "LINEAR_EXACT", AUTOMATIC)


def to_grey(slice_: Slice, pixels: FloatArray, window: Window | VoiLut) -> UInt8Array:
    """Grey (rows, columns) of `pixels`, which are the slice's own or the denoised ones, in its
    unit.

    Padding pixels, found in the slice's own values, are black as the background.
    """
    if isinstance(window, VoiLut):
        grey = _through_table(pixels, window)
    else:
        grey = _through_window(pixels, window)
    if slice_.inverted:
        np.subtract(255, grey, out=grey)
    if slice_.padding is not None and pixels.shape == slice_.shape:
        np.putmask(grey, is_padding(slice_), 0)
    return grey


def _through_window(pixels: FloatArray, window: Window) -> UInt8Array:
    if window.function == "SIGMOID" and window.width > 0:
        return _sigmoid(pixels, window)
    low, high = _limits(window)
    if high <= low:
        return np.where(pixels > low, np.uint8(255), np.uint8(0))
    # Infinite values are legal in float pixel data and end up black or white.
    with np.errstate(over="ignore", invalid="ignore"):
        shade = np.subtract(pixels, np.float32(low), dtype=np.float32)
        shade *= np.float32(255 / (high - low))
        return _rounded(shade)


def _limits(window: Window) -> tuple[float, float]:
    """The values shown as black and as white (PS3.3 C.11.2.1.2.1 and C.11.2.1.3.2)."""
    if window.function == "LINEAR" and window.width >= 1:
        half = (window.width - 1) / 2
        return window.centre - 0.5 - half, window.centre - 0.5 + half
    # LINEAR needs a width of 1 at least; files with a slope far below 1 break that rule, and the
    # exact function is what their writers meant.
    half = max(window.width, 0.0) / 2
    return window.centre - half, window.centre + half


def _sigmoid(pixels: FloatArray, window: Window) -> UInt8Array:
    """PS3.3 C.11.2.1.3.1."""
    with np.errstate(over="ignore", invalid="ignore"):
        shade = np.subtract(pixels, np.float32(window.centre), dtype=np.float32)
        shade *= np.float32(-4 / window.width)
        np.exp(shade, out=shade)
        shade += 1
        return _rounded(np.divide(np.float32(255), shade, out=shade))


def _rounded(shade: npt.NDArray[np.float32]) -> UInt8Array:
    """The nearest of 0..255. fmax and fmin, unlike clip, turn NaN into a number."""
    shade += np.float32(0.5)
    np.fmax(shade, np.float32(0), out=shade)
    np.fmin(shade, np.float32(255), out=shade)
    return shade.astype(np.uint8)


def _through_table(pixels: FloatArray, lut: VoiLut) -> UInt8Array:
    """PS3.3 C.11.2.1.1: values before the table's first get its first entry, those after its last
    the last.
    """
    table: UInt8Array = np.rint(np.clip(lut.values, 0, 1) * 255).astype(np.uint8)
    entry = np.nan_to_num(np.rint(pixels - np.float32(lut.first)), nan=0.0)
    grey: UInt8Array = table[np.clip(entry, 0, len(table) - 1).astype(np.intp)]
    return grey


def _measured(slice_: Slice) -> FloatArray:
    """The finite values (N,) that are neither padding nor below what HU can be."""
    values = slice_.pixels.ravel()
    if values.size > 2 * ENOUGH_VALUES:
        values = values[:: values.size // ENOUGH_VALUES]
    keep = np.isfinite(values)
    keep &= ~is_padding(slice_, values)
    if slice_.unit == "HU":
        keep &= values >= LOWEST_HU
    return values[keep]
