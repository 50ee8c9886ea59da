"""Headers of compressed frames: compression, size and colour space."""

from collections.abc import Iterator
from dataclasses import dataclass

_PREFIX = "1.2.840.10008.1.2.4."
_JPEG_PROCESS = {0xC0: "50", 0xC1: "51", 0xC2: "55", 0xC3: "57", 0xF7: "81"}  # by start of frame
_SAME_CODEC = (
    frozenset({"57", "70"}),
    frozenset({"80", "81"}),
    frozenset({"90", "91", "92", "93", "201", "202", "203"}),
)
_STANDALONE = frozenset({0x01, 0xFF, *range(0xD0, 0xD9)})  # markers without a length
_START_OF_SCAN = 0xDA
_JPEG_2000 = b"\xff\x4f\xff\x51"  # and the marker of its size


@dataclass(frozen=True, slots=True)
class Size:
    """Size and precision stated in a compressed frame's header."""

    rows_columns: tuple[int, int]
    precision: int  # bits of a sample


def found_syntax(data: bytes) -> str:
    """The transfer syntax that a frame's header indicates; "" if none."""
    if data[:4] == _JPEG_2000 or data[4:8] == b"jP  ":
        return _PREFIX + "91"
    for marker, _ in _jpeg_segments(data):
        if marker in _JPEG_PROCESS:
            return _PREFIX + _JPEG_PROCESS[marker]
    return ""


def is_whole_stream(data: bytes, rows_columns: tuple[int, int]) -> bool:
    """Whether bytes are a compressed frame of this size, not pixels that begin alike by chance."""
    size = found_size(data) if found_syntax(data) else None
    return size is not None and size.rows_columns == rows_columns


def contradicts(transfer_syntax: str, found: str) -> bool:
    """Whether the stated and the found syntax need different decoders."""
    pair = {transfer_syntax.removeprefix(_PREFIX), found.removeprefix(_PREFIX)}
    return bool(found) and len(pair) > 1 and not any(pair <= codec for codec in _SAME_CODEC)


def found_size(data: bytes) -> Size | None:
    """Size of a frame in JPEG, JPEG-LS or JPEG 2000; None if it states none."""
    at = data.find(_JPEG_2000) if data[:4] == _JPEG_2000 or data[4:8] == b"jP  " else -1
    if at >= 0:
        right, bottom, left, top = (_number(data[at + 8 + 4 * n :], 4) for n in range(4))
        return Size((bottom - top, right - left), (_number(data[at + 42 :], 1) & 0x7F) + 1)
    for marker, segment in _jpeg_segments(data):
        if marker in _JPEG_PROCESS:
            size = _number(segment[1:], 2), _number(segment[3:], 2)
            return Size(size, segment[0]) if len(segment) > 5 and min(size) > 0 else None
    return None


def _number(data: bytes, count: int) -> int:
    return int.from_bytes(data[:count], "big")


def adobe_colours(data: bytes) -> str:
    """The colour space in a JPEG's Adobe marker; "" without one."""
    for marker, segment in _jpeg_segments(data):
        if marker == 0xEE and segment[:5] == b"Adobe" and len(segment) >= 12:
            return {0: "RGB", 1: "YBR_FULL"}.get(segment[11], "")
    return ""


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of the segments before a JPEG's first scan."""
    at = 2 if data[:2] == b"\xff\xd8" else len(data)
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _START_OF_SCAN:
        marker = data[at + 1]
        if marker in _STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)
