"""Stored values of a data set's frames: uncompressed ones read here, compressed ones by
`decoding`.

What the file says of its pixels is checked against what is there; contradictions that leave no
doubt about the pixels become warnings, the others errors.
"""

import math
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

from pydicom.encaps import get_frame, parse_basic_offsets, parse_fragments
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import ExplicitVRLittleEndian

from jrviewer.dicom import decoding
from jrviewer.dicom.attributes import PARSER_ERRORS, integer, text, value
from jrviewer.dicom.codestream import adobe_colours, contradicts, found_syntax
from jrviewer.dicom.dataset import Parsed, is_compressed, pixel_bytes
from jrviewer.dicom.worker import DecodedFrame, EncodedFrame
from jrviewer.errors import CorruptFileError, JRViewerError, UnsupportedImageError

MAX_FRAME_BYTES = 1 << 30

_ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
_RLE = "1.2.840.10008.1.2.5"
_ITEM = b"\xfe\xff\x00\xe0"
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
_TOO_SHORT = (
    "The image ends too early: there are fewer pixels than the file says. It was probably cut off "
    "while being copied. Copy it again from where it came from."
)
_UNREADABLE = (
    "What the file says of its pixels contradicts what is there, so they cannot be read. "
    "Ask for it to be sent again."
)
_NO_SIZE = (
    "The file holds pixels but does not say how many rows and columns, or how they are stored. "
    "Ask for it to be sent again."
)


class PixelReader:
    """The frames of one data set, decoded one at a time."""

    def __init__(self, parsed: Parsed, tick: Callable[[], None]) -> None:
        self.warnings: list[str] = []
        self._tick = tick
        self._stored = pixel_bytes(parsed)
        self._syntax = parsed.transfer_syntax
        self._options = self._read_options(parsed)
        self._refuse_what_cannot_be()
        self._offsets = _extended_offsets(parsed)
        self._is_encapsulated = self._find_encapsulation()
        if self._is_encapsulated:
            self._check_fragments()
        else:
            self._check_native_length()

    @property
    def frames(self) -> int:
        """How many frames there are, which may be fewer than the file says."""
        return int(self._options["number_of_frames"])

    @property
    def bits_stored(self) -> int:
        """How many bits of a stored value are used."""
        return int(self._options.get("bits_stored", self._options["bits_allocated"]))

    @property
    def pixels_per_frame(self) -> int:
        """Rows times columns."""
        return int(self._options["rows"] * self._options["columns"])

    def frame(self, index: int) -> DecodedFrame:
        """Stored values of a frame. Raises CorruptFileError and UnsupportedImageError."""
        if not self._is_encapsulated:
            return self._native(self._stored, index, self._options)
        data = self._encoded(index)
        if self._syntax == _ENCAPSULATED_UNCOMPRESSED:
            return self._native(data, 0, self._options | {"number_of_frames": 1})
        decoded = self._decoded(data)
        if self._options["samples_per_pixel"] == 3 and (colours := adobe_colours(data)):
            return DecodedFrame(decoded.values, colours)
        return decoded

    def _native(self, stored: bytes, index: int, options: dict[str, Any]) -> DecodedFrame:
        syntax = str(ExplicitVRLittleEndian) if is_compressed(self._syntax) else self._syntax
        try:
            values, properties = get_decoder(syntax).as_array(
                stored, index=index, raw=True, **options
            )
        except NotImplementedError as error:
            raise UnsupportedImageError(
                "The image is encoded in a way that this version does not know. "
                "Ask for it in a standard transfer syntax."
            ) from error
        except PARSER_ERRORS as error:
            raise CorruptFileError(_UNREADABLE) from error
        return DecodedFrame(values, str(properties["photometric_interpretation"]))

    def _decoded(self, data: bytes) -> DecodedFrame:
        """Decode as stated, or else as the data say of themselves, unless the first try hung."""
        one = self._options | {"number_of_frames": 1}
        begun = time.monotonic()
        try:
            return decoding.decode(EncodedFrame(data, self._syntax, one), self._tick)
        except JRViewerError:
            found = found_syntax(data)
            hung = time.monotonic() - begun > 3
            if hung or not contradicts(self._syntax, found):
                raise
        decoded = decoding.decode(EncodedFrame(data, found, one), self._tick)
        self._warn("The file names another compression than the one its pixels have.")
        return decoded

    def _encoded(self, index: int) -> bytes:
        try:
            return get_frame(
                self._stored,
                index,
                number_of_frames=self.frames,
                extended_offsets=self._offsets,
            )
        except PARSER_ERRORS as error:
            raise CorruptFileError(_TOO_SHORT) from error

    def _read_options(self, parsed: Parsed) -> dict[str, Any]:
        """The pixel module under pydicom's names, with what can be concluded filled in."""
        ds = parsed.dataset
        samples = integer(ds, "SamplesPerPixel") or 1
        allocated = integer(ds, "BitsAllocated") or 0
        photometric = _photometric(text(ds, "PhotometricInterpretation"))
        options: dict[str, Any] = {
            "rows": integer(ds, "Rows") or 0,
            "columns": integer(ds, "Columns") or 0,
            "number_of_frames": max(integer(ds, "NumberOfFrames") or 1, 1),
            "samples_per_pixel": samples,
            "bits_allocated": allocated,
            "photometric_interpretation": photometric or ("MONOCHROME2" if samples == 1 else "RGB"),
            "pixel_keyword": parsed.pixel_keyword,
            "pixel_vr": ds[parsed.pixel_keyword].VR,
        }
        if samples > 1:
            options["planar_configuration"] = integer(ds, "PlanarConfiguration") or 0
        if parsed.pixel_keyword == "PixelData":
            stored_bits = integer(ds, "BitsStored") or allocated
            options["bits_stored"] = min(stored_bits, allocated)
            options["pixel_representation"] = int(integer(ds, "PixelRepresentation") == 1)
        if not photometric:
            self._warn("The file does not say how to show its pixels; grey or RGB was assumed.")
        return options

    def _refuse_what_cannot_be(self) -> None:
        options = self._options
        if min(options["rows"], options["columns"], options["bits_allocated"]) < 1:
            raise CorruptFileError(_NO_SIZE)
        if options["samples_per_pixel"] not in (1, 3) or options["bits_allocated"] not in (
            *(1, 8, 16),
            *(32, 64),
        ):
            raise UnsupportedImageError(
                f"The image has {options['samples_per_pixel']} values of "
                f"{options['bits_allocated']} bits a pixel, which this version does not show. "
                "Ask for it as a common grey or RGB image."
            )
        if self._frame_bits(options["photometric_interpretation"]) > MAX_FRAME_BYTES * 8:
            raise UnsupportedImageError(
                "The image is said to need more than 1 GB for one frame, which JRViewer does not "
                "load. Ask for it in smaller parts."
            )
        self._refuse_syntaxes()

    def _refuse_syntaxes(self) -> None:
        for prefix, sentence in _REFUSED.items():
            if self._syntax.startswith(prefix):
                raise UnsupportedImageError(sentence)
        if self._syntax == _RLE and self._options["bits_allocated"] == 1:
            raise UnsupportedImageError(
                "The image has one bit a pixel in RLE compression, which this version does not "
                "decode. Ask for it uncompressed."
            )

    def _frame_bits(self, photometric: str) -> int:
        options = self._options
        pixels = options["rows"] * options["columns"]
        samples = 2 if photometric == "YBR_FULL_422" else options["samples_per_pixel"]
        return int(pixels * samples * options["bits_allocated"])

    def _find_encapsulation(self) -> bool:
        """Whether the pixels are in fragments, whatever the transfer syntax says."""
        stated = is_compressed(self._syntax)
        there = self._stored[:4] == _ITEM
        if stated and not there:
            if len(self._stored) < math.ceil(self._frame_bits("") * self.frames / 8):
                raise CorruptFileError(_TOO_SHORT)
            self._warn("The file says that its pixels are compressed, but they are not.")
        if there and not stated:
            self._syntax = self._syntax_of_fragments()
        return there and is_compressed(self._syntax)

    def _syntax_of_fragments(self) -> str:
        """The compression of fragments in a file that says it has none."""
        try:
            data = get_frame(self._stored, 0, number_of_frames=self.frames)
        except PARSER_ERRORS:
            return self._syntax  # native pixels that happen to begin like an item
        found = found_syntax(data)
        if not found:
            return self._syntax
        self._warn("The file says that its pixels are uncompressed, but they are compressed.")
        return found

    def _check_native_length(self) -> None:
        photometric = self._options["photometric_interpretation"]
        full = math.ceil(self._frame_bits("") * self.frames / 8)
        there = len(self._stored)
        if photometric == "YBR_FULL_422" and there >= full:
            self._options["photometric_interpretation"] = photometric = "YBR_FULL"
            self._warn("The file says that its colours are subsampled, but they are not.")
        needed = math.ceil(self._frame_bits(photometric) * self.frames / 8)
        if there < needed:
            self._keep_whole_frames(there * 8 // self._frame_bits(photometric))
        elif there > needed + needed % 2:
            self._warn("The file holds more pixel data than its image needs; the rest is ignored.")

    def _check_fragments(self) -> None:
        try:
            stream = BytesIO(self._stored)
            parse_basic_offsets(stream)
            count, _ = parse_fragments(stream)
        except PARSER_ERRORS as error:
            raise CorruptFileError(_TOO_SHORT) from error
        if count < self.frames:
            self._keep_whole_frames(count)

    def _keep_whole_frames(self, whole: int) -> None:
        """Keep what is there of several frames; a single frame that ends early is an error."""
        if whole < 1:
            raise CorruptFileError(_TOO_SHORT)
        self._warn(f"The file says it has {self.frames} frames but holds only {whole}.")
        self._options["number_of_frames"] = whole

    def _warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)


def _extended_offsets(parsed: Parsed) -> tuple[bytes, bytes] | None:
    offsets = value(parsed.dataset, "ExtendedOffsetTable")
    lengths = value(parsed.dataset, "ExtendedOffsetTableLengths")
    if isinstance(offsets, bytes) and isinstance(lengths, bytes) and len(offsets) == len(lengths):
        return offsets, lengths
    return None


def _photometric(stated: str) -> str:
    """A photometric interpretation as the standard spells it."""
    compact = stated.upper().replace(" ", "").replace("_", "")
    known = ("PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
    spelled = {name.replace(" ", "").replace("_", ""): name for name in known}
    return spelled.get(compact, compact)
