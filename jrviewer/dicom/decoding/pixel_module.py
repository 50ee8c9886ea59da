"""The pixel attributes of a data set (PS3.3 C.7.6.3), checked before decoding: gaps and
contradictions are resolved with a warning, what cannot be shown is refused with a sentence.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from jrviewer.core.errors import CorruptFileError, UnsupportedImageError
from jrviewer.dicom.common.attributes import integer, is_unreadable, text
from jrviewer.dicom.common.parse import Parsed

MAX_FRAME_BYTES = 1 << 30
FRAGMENT = b"\xfe\xff\x00\xe0"  # how encapsulated pixels begin

_RLE = "1.2.840.10008.1.2.5"
_COLOURS = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"})
_RETIRED = frozenset({"HSV", "ARGB", "CMYK", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "XYB"})
_KNOWN = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", *_COLOURS, *_RETIRED}
_SPELLED = {name.replace(" ", "").replace("_", ""): name for name in _KNOWN}
_REFUSED = {  # by the beginning of the transfer syntax
    "1.2.840.10008.1.2.8.": "The image's frames are deflated one by one, which this version does "
    "not decode. Ask for it uncompressed.",
    "1.2.840.10008.1.2.4.94": "The image's pixels are on a server and not in this file. "
    "Ask for the file with its pixels.",
    "1.2.840.10008.1.2.4.95": "The image's pixels are on a server and not in this file. "
    "Ask for the file with its pixels.",
    "1.2.840.10008.1.2.4.10": "This is a video, which this version does not play. "
    "Ask for single images.",
}
_NO_SIZE = (
    "The file holds pixels but does not say how many rows and columns, or how they are stored. "
    "Ask for it to be sent again."
)
_ASSUMED = "The file does not say how to show its pixels; grey or RGB was assumed."
_CONTRADICTORY = (
    "What the file says of its pixels is incomplete or contradicts itself; the likeliest was "
    "assumed."
)


@dataclass(slots=True, eq=False)
class PixelModule:
    """How a data set's pixels are stored."""

    options: dict[str, Any]  # pydicom's names: rows, columns, bits_stored, …
    bits_stored: int
    shift: int  # unused bits below the stored ones
    warnings: list[str]

    @classmethod
    def of(cls, parsed: Parsed, stored: bytes) -> "PixelModule":
        """Raises CorruptFileError and UnsupportedImageError for what cannot be decoded."""
        ds, warnings = parsed.dataset, list[str]()
        allocated = integer(ds, "BitsAllocated") or 0
        samples = _at_least_one(ds, "SamplesPerPixel", warnings)
        options: dict[str, Any] = {
            "rows": integer(ds, "Rows") or 0,
            "columns": integer(ds, "Columns") or 0,
            "number_of_frames": _at_least_one(ds, "NumberOfFrames", warnings),
            "samples_per_pixel": samples,
            "bits_allocated": allocated,
            "photometric_interpretation": _photometric(ds, samples, warnings),
            "pixel_keyword": parsed.pixel_keyword,
            "pixel_vr": ds[parsed.pixel_keyword].VR,
        }
        if samples > 1:
            options["planar_configuration"] = integer(ds, "PlanarConfiguration") or 0
        found = cls(options, allocated, 0, warnings)
        if parsed.pixel_keyword == "PixelData":
            found._read_bits(ds)
        found._refuse(parsed.transfer_syntax, is_encapsulated=stored[:4] == FRAGMENT)
        warnings[:] = dict.fromkeys(warnings)
        return found

    def frame_bits(self, photometric: str) -> int:
        """Size in bits of an uncompressed frame in this colour space."""
        samples = 2 if photometric == "YBR_FULL_422" else self.options["samples_per_pixel"]
        pixels = self.options["rows"] * self.options["columns"]
        return int(pixels * samples * self.options["bits_allocated"])

    def aligned(self, values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], bool]:
        """The stored bits shifted to bit 0, and whether they were where the file states.

        Some writers state a wrong high bit: if the lowest bits are in use and no value exceeds the
        stored range, the values are already correct.
        """
        above = self.options["bits_allocated"] - self.bits_stored - self.shift
        low, high = 0, (1 << self.bits_stored) - 1
        if values.dtype.kind == "i":
            low, high = -(1 << (self.bits_stored - 1)), high >> 1
        is_low = np.any(values & ((1 << self.shift) - 1))
        if is_low and values.min() >= low and values.max() <= high:
            return values, False
        return np.right_shift(np.left_shift(values, above), above + self.shift), True

    def _read_bits(self, ds: Dataset) -> None:
        allocated = self.options["bits_allocated"]
        stored, high = integer(ds, "BitsStored") or 0, integer(ds, "HighBit")
        if not 1 <= stored <= allocated:
            self.warnings.append(_CONTRADICTORY)
            stored = allocated
        if integer(ds, "PixelRepresentation") not in (0, 1):
            self.warnings.append(_CONTRADICTORY)
        if high is not None and stored <= high < allocated:
            self.shift = high + 1 - stored
        self.bits_stored = stored
        self.options["bits_stored"] = allocated if self.shift else stored
        self.options["pixel_representation"] = int(integer(ds, "PixelRepresentation") == 1)

    def _refuse(self, transfer_syntax: str, *, is_encapsulated: bool) -> None:
        options = self.options
        samples, bits = options["samples_per_pixel"], options["bits_allocated"]
        if min(options["rows"], options["columns"], bits) < 1:
            raise CorruptFileError(_NO_SIZE)
        if samples not in (1, 3) or bits not in (1, 8, 16, 32, 64):
            raise UnsupportedImageError(
                f"The image has {samples} values of {bits} bits a pixel, which this version does "
                "not show. Ask for it as a common grey or RGB image."
            )
        if self.frame_bits(options["photometric_interpretation"]) > MAX_FRAME_BYTES * 8:
            raise UnsupportedImageError(
                "The image is said to need more than 1 GB for one frame, which JRViewer does not "
                "load. Ask for it in smaller parts."
            )
        _refuse_syntaxes(transfer_syntax, bits)
        self._refuse_retired_colours(is_encapsulated=is_encapsulated)

    def _refuse_retired_colours(self, *, is_encapsulated: bool) -> None:
        stated = self.options["photometric_interpretation"]
        if is_encapsulated and stated.startswith("YBR_PARTIAL"):
            self.options["photometric_interpretation"] = "YBR_FULL"  # JPEG knows no other
        elif stated in _RETIRED:
            raise UnsupportedImageError(
                f"The image's colours are of the retired kind {stated}, which this version does "
                "not show. Ask for it as a common RGB image."
            )


def _at_least_one(ds: Dataset, keyword: str, warnings: list[str]) -> int:
    """A count of at least 1; an impossible value becomes 1 with a warning."""
    found = integer(ds, keyword)
    if found is not None and found >= 1:
        return found
    if found is not None or is_unreadable(ds, keyword):
        warnings.append(_CONTRADICTORY)
    return 1


def _photometric(ds: Dataset, samples: int, warnings: list[str]) -> str:
    """The photometric interpretation in standard spelling, consistent with the samples."""
    stated = text(ds, "PhotometricInterpretation")
    found = _SPELLED.get(stated.upper().replace(" ", "").replace("_", ""), "")
    plain = "MONOCHROME2" if samples == 1 else "RGB"
    if not found:
        warnings.append(_ASSUMED)
        return plain
    if found not in _RETIRED and (samples == 1) == (found in _COLOURS):
        warnings.append(_CONTRADICTORY)
        return plain
    return found


def _refuse_syntaxes(transfer_syntax: str, bits_allocated: int) -> None:
    for prefix, sentence in _REFUSED.items():
        if transfer_syntax.startswith(prefix):
            raise UnsupportedImageError(sentence)
    if transfer_syntax == _RLE and bits_allocated == 1:
        raise UnsupportedImageError(
            "The image has one bit a pixel in RLE compression, which this version does not "
            "decode. Ask for it uncompressed."
        )
