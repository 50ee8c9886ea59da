"""Stored values of a data set's frames: uncompressed ones are read here, compressed ones by
`process`.

The stated encoding is checked against the data; contradictions that leave no doubt about the pixels
become warnings, all others errors.
"""

import math
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from pydicom.encaps import encapsulate, get_frame, parse_basic_offsets, parse_fragments
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from jrviewer.core.errors import CorruptFileError, JRViewerError, UnsupportedImageError
from jrviewer.dicom.common.attributes import PARSER_ERRORS, value
from jrviewer.dicom.common.parse import Parsed, is_compressed, pixel_bytes
from jrviewer.dicom.decoding import process
from jrviewer.dicom.decoding.codestream import (
    adobe_colours,
    contradicts,
    found_size,
    found_syntax,
    is_whole_stream,
)
from jrviewer.dicom.decoding.pixel_module import FRAGMENT, PixelModule
from jrviewer.dicom.decoding.worker import DecodedFrame, EncodedFrame

_ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
_RLE = "1.2.840.10008.1.2.5"
_STARTS = (b"\xff\xd8", b"\xff\x4f\xff\x51")  # of JPEG, JPEG-LS and JPEG 2000
_TOO_SHORT = (
    "The image ends too early: there are fewer pixels than the file says. It was probably cut off "
    "while being copied. Copy it again from where it came from."
)
_UNREADABLE = (
    "What the file says of its pixels contradicts what is there, so they cannot be read. "
    "Ask for it to be sent again."
)


class FrameReader:
    """The frames of one data set, decoded one at a time."""

    def __init__(self, parsed: Parsed, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._stored = pixel_bytes(parsed)
        self._syntax = parsed.transfer_syntax
        self._module = PixelModule.of(parsed, self._stored)
        self.warnings = self._module.warnings
        self._options = self._module.options
        self._offsets = _extended_offsets(parsed)
        self._fragments: list[int] = []  # where they begin, if there is one for every frame
        self._is_encapsulated = self._find_encapsulation()
        if self._is_encapsulated:
            self._check_fragments()
        else:
            self._check_native_length()
            self._order_words(parsed)

    @property
    def frames(self) -> int:
        """Number of frames present; may be fewer than stated."""
        return int(self._options["number_of_frames"])

    @property
    def bits_stored(self) -> int:
        """Number of used bits of a stored value."""
        return self._module.bits_stored

    @property
    def pixels_per_frame(self) -> int:
        """Rows times columns."""
        return int(self._options["rows"] * self._options["columns"])

    def unreadable_frames(self) -> int:
        """Number of frames that are certain not to decode, without decoding any."""
        return sum(not self._has_stated_size(index) for index in range(self.frames))

    def _has_stated_size(self, index: int) -> bool:
        try:
            if self._is_encapsulated and self._syntax != _ENCAPSULATED_UNCOMPRESSED:
                self._require_size(self._encoded(index))
        except CorruptFileError:
            return False
        return True

    def frame(self, index: int) -> DecodedFrame:
        """Stored values of a frame. Raises CorruptFileError and UnsupportedImageError."""
        if not self._is_encapsulated:
            return self._aligned(self._native(self._stored, index, self._options))
        data = self._encoded(index)
        if self._syntax == _ENCAPSULATED_UNCOMPRESSED:
            one = self._options | {"number_of_frames": 1}
            return self._aligned(self._native(data, 0, one))
        decoded = self._decoded(data)
        if self._syntax == _RLE:
            return self._aligned(decoded)
        if self._options["samples_per_pixel"] == 3 and (colours := adobe_colours(data)):
            return DecodedFrame(decoded.values, colours)
        return decoded

    def _aligned(self, frame: DecodedFrame) -> DecodedFrame:
        """The frame with its stored bits shifted to bit 0."""
        if not self._module.shift:
            return frame
        values, is_as_stated = self._module.aligned(frame.values)
        if not is_as_stated:
            self._warn("The file names bits that its pixels do not lie in; they were found.")
        return DecodedFrame(values, frame.photometric)

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
        """Decode as stated, or else as the frame's header indicates unless the first try hung."""
        self._require_size(data)
        one = self._options | {"number_of_frames": 1}
        begun = time.monotonic()
        try:
            return process.decode(EncodedFrame(data, self._syntax, one), self._tick)
        except JRViewerError:
            found = found_syntax(data)
            hung = time.monotonic() - begun > 3
            if hung or not contradicts(self._syntax, found):
                raise
        decoded = process.decode(EncodedFrame(data, found, one), self._tick)
        self._warn("The file names another compression than the one its pixels have.")
        return decoded

    def _require_size(self, data: bytes) -> None:
        """Refuse a codestream whose size differs from the stated one: decoders return whatever
        fits, and exhaust memory if damage made it huge.
        """
        found = found_size(data)
        if found is None:
            return
        is_deeper = found.precision > self._options["bits_allocated"]
        if found.rows_columns != self._rows_columns or is_deeper:
            raise CorruptFileError(_UNREADABLE)

    @property
    def _rows_columns(self) -> tuple[int, int]:
        return int(self._options["rows"]), int(self._options["columns"])

    def _encoded(self, index: int) -> bytes:
        if self._fragments:  # offset tables may be wrong
            begin = self._fragments[index] + 8
            length = int.from_bytes(self._stored[begin - 4 : begin], "little")
            return self._stored[begin : begin + length]
        try:
            return get_frame(
                self._stored,
                index,
                number_of_frames=self.frames,
                extended_offsets=self._offsets,
            )
        except PARSER_ERRORS as error:
            raise CorruptFileError(_TOO_SHORT) from error

    def _find_encapsulation(self) -> bool:
        """Whether the pixels are in fragments, whatever the transfer syntax states."""
        stated = is_compressed(self._syntax)
        there = self._stored[:4] == FRAGMENT
        if not there and is_whole_stream(self._stored, self._rows_columns):
            return self._take_bare_stream(stated=stated)
        if stated and not there:
            if len(self._stored) < math.ceil(self._module.frame_bits("") * self.frames / 8):
                raise CorruptFileError(_TOO_SHORT)
            self._warn("The file says that its pixels are compressed, but they are not.")
        if there and not stated:
            self._syntax = self._syntax_of_fragments()
        return there and is_compressed(self._syntax)

    def _take_bare_stream(self, *, stated: bool) -> bool:
        """A compressed frame without fragments around it, whatever the transfer syntax states."""
        if stated:
            self._warn("The compressed pixels lack the items that should enclose them.")
        else:
            self._syntax = found_syntax(self._stored)
            self._warn("The file says that its pixels are uncompressed, but they are compressed.")
        if self.frames > 1:
            self._warn(f"The file says it has {self.frames} frames but holds only 1.")
            self._options["number_of_frames"] = 1
        self._stored = encapsulate([self._stored], has_bot=False)
        return True

    def _syntax_of_fragments(self) -> str:
        """The compression of fragments in a file whose transfer syntax states none."""
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
        full = math.ceil(self._module.frame_bits("") * self.frames / 8)
        there = len(self._stored)
        if photometric == "YBR_FULL_422" and there >= full:
            self._options["photometric_interpretation"] = photometric = "YBR_FULL"
            self._warn("The file says that its colours are subsampled, but they are not.")
        needed = math.ceil(self._module.frame_bits(photometric) * self.frames / 8)
        if there < needed:
            self._keep_whole_frames(there * 8 // self._module.frame_bits(photometric))
        elif there > needed + needed % 2:
            if found_size(self._stored) is not None:  # of another size than stated
                raise CorruptFileError(_UNREADABLE)
            self._warn("The file holds more pixel data than its image needs; the rest is ignored.")

    def _order_words(self, parsed: Parsed) -> None:
        """Swap big-endian words of 1-bit pixels, for which pydicom expects little-endian order."""
        is_words = self._options["pixel_vr"] == "OW" and self._options["bits_allocated"] == 1
        if is_words and parsed.transfer_syntax == ExplicitVRBigEndian:
            whole = self._stored[: len(self._stored) // 2 * 2]
            self._stored = np.frombuffer(whole, ">u2").astype("<u2").tobytes()
            self._options["pixel_vr"], self._syntax = "OB", str(ExplicitVRLittleEndian)

    def _check_fragments(self) -> None:
        try:
            stream = BytesIO(self._stored)
            parse_basic_offsets(stream)
            count, offsets = parse_fragments(stream)
        except PARSER_ERRORS as error:
            raise CorruptFileError(_TOO_SHORT) from error
        if count < self.frames:
            self._keep_whole_frames(count)
        if count == self.frames:
            self._fragments = offsets
        elif all(self._stored[at + 8 : at + 12].startswith(_STARTS) for at in offsets):
            self._warn("The file holds more frames than it says; the others are not shown.")

    def _keep_whole_frames(self, whole: int) -> None:
        """Keep the complete frames of several; a single frame that ends early is an error."""
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
