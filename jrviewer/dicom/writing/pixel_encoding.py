"""Modality values to stored values: in the source's own scale if it has one, else in a new one of
16 bits (PS3.3 C.11.1, C.7.6.3).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from jrviewer.core.geometry import FloatArray
from jrviewer.dicom.common.attributes import numbers

StoredArray = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Linear encoding of stored values: modality value = stored × slope + intercept."""

    slope: float
    intercept: float
    bits: int  # stored
    signed: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """8 or 16 bits, whichever holds the stored bits."""
        return np.dtype(f"<{'i' if self.signed else 'u'}{1 if self.bits <= 8 else 2}")

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest stored value."""
        if self.signed:
            return -(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1
        return 0, (1 << self.bits) - 1


def own_scale(ds: Dataset, slope: float, intercept: float, dtype: np.dtype[Any]) -> Scale | None:
    """The source's scale; None unless its stored values are integers of up to 16 bits."""
    bits = int((numbers(ds, "BitsStored") or (0.0,))[0])
    if dtype.kind not in "iu" or dtype.itemsize > 2 or not 1 < bits <= dtype.itemsize * 8:
        return None
    return Scale(slope, intercept, bits, dtype.kind == "i")


def new_scale(values: FloatArray) -> Scale:
    """A scale of 16 bits for any values: steps of 1 if they fit, else finer or coarser ones."""
    low, high = float(values.min()), float(values.max())
    intercept = float(np.floor(low))
    if high - intercept <= 65535 and bool(np.all(values == np.round(values))):
        return Scale(1.0, intercept, 16, signed=False)
    return Scale(
        decimal((high - intercept) / 65535 if high > intercept else 1.0), intercept, 16, False
    )


def decimal(number: float) -> float:
    """A number rounded up to what a decimal string of 16 characters can hold."""
    return float(f"{number * (1 + 1e-8):.8e}")


def to_stored(values: FloatArray, scale: Scale) -> StoredArray:
    """The nearest stored values within the limits of the scale."""
    counted = np.round((values.astype(np.float64) - scale.intercept) / scale.slope)
    return np.clip(counted, *scale.limits).astype(scale.dtype)


def keep_padding(
    stored: StoredArray, source: StoredArray, ds: Dataset, scale: Scale
) -> StoredArray:
    """Restore the source's padding, and move measured values out of the padding range, to the next
    value that the scale holds.
    """
    padding = numbers(ds, "PixelPaddingValue")
    if not padding:
        return stored
    one = np.array([int(padding[0])]).astype(source.dtype)[0]
    limit = numbers(ds, "PixelPaddingRangeLimit")
    other = np.array([int(limit[0])]).astype(source.dtype)[0] if limit else one
    low, high = min(one, other), max(one, other)
    padded = (source >= low) & (source <= high)
    least, most = scale.limits
    step = int(high) + 1 if int(high) < most else max(int(low) - 1, least)
    apart = np.where((stored >= low) & (stored <= high), np.array(step, stored.dtype), stored)
    return np.where(padded, source, apart).astype(stored.dtype)


def decimal_string(number: float) -> str:
    """A decimal string of at most 16 characters (PS3.5 6.2)."""
    for digits in range(12, 5, -1):
        if len(said := f"{number:.{digits}g}") <= 16:
            return said
    return f"{number:.5e}"
