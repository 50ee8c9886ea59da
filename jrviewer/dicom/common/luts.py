"""Rescale and lookup tables: stored to modality values (PS3.3 C.11.1), and the windows and tables
of the VOI transform (C.11.2).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Unit, VoiFunction, VoiLut, Window
from jrviewer.dicom.common.attributes import first_item, is_unreadable, items, numbers, text, value
from jrviewer.dicom.common.plane import group

_FUNCTIONS: dict[str, VoiFunction] = {"LINEAR_EXACT": "LINEAR_EXACT", "SIGMOID": "SIGMOID"}
_LARGEST = 1e25  # of a slope: 64-bit values still fit into float32
_IGNORED_RESCALE = "The file's rescale slope makes no sense, so stored values are shown."


@dataclass(frozen=True, slots=True, eq=False)
class Modality:
    """The modality transform of a frame: a table, or slope and intercept."""

    slope: float = 1.0
    intercept: float = 0.0
    table: tuple[float, FloatArray] | None = None  # first stored value mapped, values
    unit: Unit = "stored"
    warning: str = ""

    def apply(self, stored: npt.NDArray[Any]) -> FloatArray:
        """Modality values as float32; float64 in between keeps large stored values exact."""
        if self.table is not None:
            first, values = self.table
            index = np.clip(stored.astype(np.int64) - int(first), 0, len(values) - 1)
            return values[index].astype(np.float32)
        if self.slope == 1 and self.intercept == 0:
            return stored.astype(np.float32)
        return (stored * np.float64(self.slope) + self.intercept).astype(np.float32)


def modality_of(ds: Dataset, frame: int) -> Modality:
    """The modality transform of a frame; HU only for a CT that has one and names no other unit."""
    item = first_item(ds, "ModalityLUTSequence")
    table = lookup_table(item) if item is not None else None
    if table is not None:
        kind = text(item, "ModalityLUTType")
        return Modality(table=(table[0], table[1]), unit=_unit(ds, kind))
    own = group(ds, frame, "PixelValueTransformationSequence")
    source = ds if own is None else own
    slope, intercept = numbers(source, "RescaleSlope"), numbers(source, "RescaleIntercept")
    if _makes_no_sense(source, slope, intercept):
        return Modality(warning=_IGNORED_RESCALE)
    if not slope and not intercept:
        return Modality()
    unit = _unit(ds, text(source, "RescaleType"))
    return Modality((*slope, 1.0)[0], (*intercept, 0.0)[0], unit=unit)


def all_finite(values: FloatArray) -> tuple[FloatArray, str]:
    """The values with non-finite ones replaced, and a warning if there were any. Parametric maps
    use NaN where nothing was measured (PS3.3 C.7.6.24).
    """
    is_number = np.isfinite(values)
    if is_number.all():
        return values, ""
    known = values[is_number]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    replaced = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    return replaced, "Some values are no numbers; they are shown as the lowest or highest one."


def _makes_no_sense(
    source: Dataset, slope: tuple[float, ...], intercept: tuple[float, ...]
) -> bool:
    """Whether there is a rescale that cannot be computed with."""
    if any(is_unreadable(source, one) for one in ("RescaleSlope", "RescaleIntercept")):
        return True
    is_flat = bool(slope) and slope[0] == 0
    return is_flat or any(abs(one) > _LARGEST for one in (*slope[:1], *intercept[:1]))


def windows_of(ds: Dataset, frame: int) -> tuple[Window, ...]:
    """The usable windows of a frame; widths below 1 only if the function allows them."""
    own = group(ds, frame, "FrameVOILUTSequence")
    source = ds if own is None else own
    centres, widths = numbers(source, "WindowCenter"), numbers(source, "WindowWidth")
    names = value(source, "WindowCenterWidthExplanation") or ()
    named = [names] if isinstance(names, str) else [str(name) for name in names]
    function = _FUNCTIONS.get(text(source, "VOILUTFunction").upper(), "LINEAR")
    smallest = 1.0 if function == "LINEAR" else 1e-9
    return tuple(
        Window(centre, width, function, named[index].strip() if index < len(named) else "")
        for index, (centre, width) in enumerate(zip(centres, widths, strict=False))
        if width >= smallest
    )


def voi_luts_of(ds: Dataset, *, signed: bool) -> tuple[VoiLut, ...]:
    """The VOI tables, scaled to 0..1; `signed` if modality values may be negative."""
    found = []
    for item in items(ds, "VOILUTSequence"):
        table = lookup_table(item)
        if table is None:
            continue
        first, values, bits = table
        first = first - 65536 if signed and first > 32767 else first
        name = text(item, "LUTExplanation")
        found.append(VoiLut(first, (values / (2**bits - 1)).astype(np.float32), name))
    return tuple(found)


def lookup_table(item: Dataset | None) -> tuple[float, FloatArray, int] | None:
    """First value mapped, table and bits of an entry; None if the table is damaged. A count of 0
    means 65536 (PS3.3 C.11.1.1.1).
    """
    descriptor = numbers(item, "LUTDescriptor")
    data = value(item, "LUTData")
    if len(descriptor) != 3 or data is None:
        return None
    count, bits = int(descriptor[0]) or 65536, int(descriptor[2])
    if not 1 <= bits <= 16:
        return None
    if isinstance(data, bytes):
        order = ">u2" if item is not None and item.original_encoding[1] is False else "<u2"
        table = np.frombuffer(data[: len(data) // 2 * 2], order)
        if len(data) in (count, count + count % 2) and bits <= 8:
            table = np.frombuffer(data, "u1").astype("<u2")
    else:
        table = np.atleast_1d(np.asarray(numbers(item, "LUTData"))).astype(np.int64)
    table = table[:count].astype(np.float64) % 65536
    return (descriptor[1], table, bits) if len(table) == count else None


def padding_of(
    ds: Dataset, dtype: np.dtype[Any], modality: Modality
) -> tuple[float | None, float | None]:
    """The padding value and the other end of its range (PS3.3 C.7.5.1.1.2), in the unit of the
    modality values; None if not stated.
    """
    prefix = {"f4": "Float", "f8": "DoubleFloat"}.get(dtype.str[1:], "")
    value = _one_stored(ds, f"{prefix}PixelPaddingValue", dtype)
    limit = _one_stored(ds, f"{prefix}PixelPaddingRangeLimit", dtype)
    if value is None:
        return None, None
    return (
        float(modality.apply(value)[0]),
        None if limit is None else float(modality.apply(limit)[0]),
    )


def _one_stored(ds: Dataset, keyword: str, dtype: np.dtype[Any]) -> npt.NDArray[Any] | None:
    """A stored value as an array of the pixels' type."""
    found = numbers(ds, keyword)
    if not found:
        return None
    # Wrapped, because writers mix up signed and unsigned padding values.
    return np.array([int(found[0]) if dtype.kind in "iu" else found[0]]).astype(dtype)


def _unit(ds: Dataset, named: str) -> Unit:
    return "HU" if text(ds, "Modality") == "CT" and named.upper() in ("", "HU") else "stored"
