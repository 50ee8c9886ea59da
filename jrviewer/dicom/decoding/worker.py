"""The decoding process: decodes one compressed frame at a time.

Separate from the app because native decoders crash or hang on hostile files; started by `process`
and fed through a pipe. Imports neither window nor model, and writes no files.
"""

import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection

    Pipe: TypeAlias = "PipeConnection[Any, Any]"
else:
    from multiprocessing.connection import Connection

    Pipe: TypeAlias = "Connection[Any, Any]"

_SECONDS_AS_ORPHAN = 60
_MEMORY_LIMIT = 6 << 30  # address space of the process; the libraries alone map about 1 GB


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One compressed frame and only the attributes that its decoder needs."""

    data: bytes
    transfer_syntax: str
    options: dict[str, Any]  # pydicom's names: rows, columns, bits_stored, …


@dataclass(frozen=True, slots=True, eq=False)
class DecodedFrame:
    """Stored values (rows, columns[, 3]) and their actual colour space."""

    values: npt.NDArray[Any]
    photometric: str


def serve(pipe: Pipe) -> None:
    """Answer each frame with the decoded one, or with type and text of the error, until the pipe
    closes.
    """
    _be_silent()
    _limit_memory()
    from jrviewer.dicom.common.parse import quiet

    with quiet(), contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        decode_frame(_WARM_UP)
        pipe.send("ready")
        while True:
            pipe.send(_answer(pipe.recv()))


def decode_frame(frame: EncodedFrame) -> DecodedFrame:
    """Decode in this process. Raises NotImplementedError for a syntax without decoder, and the
    decoders' own errors.
    """
    from pydicom.pixels.decoders.base import get_decoder

    if _needs_gdcm(frame):
        return _decode_with_gdcm(frame)
    values, properties = get_decoder(frame.transfer_syntax).as_array(
        _encapsulated(frame.data), index=0, raw=True, **frame.options
    )
    return DecodedFrame(values, str(properties["photometric_interpretation"]))


def _answer(frame: EncodedFrame) -> DecodedFrame | tuple[str, str]:
    _end_after(_SECONDS_AS_ORPHAN)
    try:
        return decode_frame(frame)
    except Exception as error:  # noqa: BLE001 - the parent turns every failure into a sentence
        return type(error).__name__, str(error)
    finally:
        _end_after(0)


def _end_after(seconds: int) -> None:
    """Have the system end this process if it hangs after the app was killed; 0 cancels. Windows has
    no such alarm; there the app ends it on exit.
    """
    if alarm := getattr(signal, "alarm", None):
        alarm(seconds)


def _encapsulated(data: bytes) -> bytes:
    from pydicom.encaps import encapsulate

    return encapsulate([data], has_bot=False)


def _needs_gdcm(frame: EncodedFrame) -> bool:
    """Whether only GDCM decodes the frame: 12-bit JPEG extended and two retired processes."""
    syntax = frame.transfer_syntax.removeprefix("1.2.840.10008.1.2.4.")
    return syntax in ("53", "55") or (syntax == "51" and frame.options["bits_stored"] > 8)


def _decode_with_gdcm(frame: EncodedFrame) -> DecodedFrame:
    """Decode JPEG with GDCM, without a file."""
    import gdcm

    options = frame.options
    shape = [options["rows"], options["columns"], options["samples_per_pixel"]]
    dtype = np.dtype(f"<{'i' if options['pixel_representation'] else 'u'}{_sample_bytes(options)}")
    raw = _gdcm_image(frame, gdcm).GetBuffer().encode("utf-8", "surrogateescape")
    values = np.frombuffer(raw, dtype).reshape(shape if shape[2] > 1 else shape[:2])
    return DecodedFrame(values.copy(), options["photometric_interpretation"])


def _gdcm_image(frame: EncodedFrame, gdcm: Any) -> Any:  # noqa: ANN401 - GDCM has no types
    options = frame.options
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame.data)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((options["columns"], options["rows"], 1))
    image.SetDataElement(element)
    colours = gdcm.PhotometricInterpretation
    image.SetPhotometricInterpretation(
        colours(colours.GetPIType(options["photometric_interpretation"]))
    )
    syntaxes = gdcm.TransferSyntax
    image.SetTransferSyntax(syntaxes(syntaxes.GetTSType(frame.transfer_syntax)))
    stored = options["bits_stored"]
    signed = options["pixel_representation"]
    samples = options["samples_per_pixel"]
    image.SetPixelFormat(
        gdcm.PixelFormat(samples, options["bits_allocated"], stored, stored - 1, signed)
    )
    return image


def _sample_bytes(options: dict[str, Any]) -> int:
    return int(options["bits_allocated"]) // 8


def _be_silent() -> None:
    """Native decoders print to the terminal, sometimes what they read."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            os.dup2(nowhere, stream.fileno())


def _limit_memory() -> None:
    """Limit the address space; Windows has no such limit."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):  # macOS refuses to lower it
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))


_WARM_UP = EncodedFrame(  # 1 × 2 pixels, 8-bit RLE: loads pydicom's decoders before the clock runs
    (1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(56) + b"\x01\x02\x03\x80",
    "1.2.840.10008.1.2.5",
    {
        "rows": 1,
        "columns": 2,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": 8,
        "bits_stored": 8,
        "pixel_representation": 0,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_keyword": "PixelData",
    },
)
