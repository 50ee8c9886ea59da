"""A small frame in every kind of compression, to test the decoders of an installation.

32 × 32 pixels, row r holding 5 · r (80 · r with 12 bits); each is encoded by DCMTK or pydicom's
encoders, so that no decoder is tested only on its own encoder's output.
"""

import base64

import numpy as np

from jrviewer.core.errors import JRViewerError
from jrviewer.dicom.decoding import process
from jrviewer.dicom.decoding.worker import EncodedFrame

SIDE = 32
LOSSY = 2  # grey levels of 8 bits that a lossy compression may be off
SAMPLES = {  # name: transfer syntax, bits stored, the frame in base64
    "RLE": (
        "1.2.840.10008.1.2.5",
        8,
        "AQAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAOEA"
        "4QXhCuEP4RThGeEe4SPhKOEt4TLhN+E84UHhRuFL4VDhVeFa4V/hZOFp4W7hc+F44X3hguGH4YzhkeGW4Zs=",
    ),
    "JPEG baseline": (
        "1.2.840.10008.1.2.4.50",
        8,
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
        "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wAALCAAgACABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAcJ/8QAFxAA"
        "AwEAAAAAAAAAAAAAAAAAABZiof/aAAgBAQAAPwDNhRjAoxgUYwKMYWtRjAoxgUYwKMYWtRjAoxgUYwKMYWpRjAox"
        "gUYwKMYf/9k=",
    ),
    "JPEG extended, 12 bits": (
        "1.2.840.10008.1.2.4.51",
        12,
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
        "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wQALDAAgACABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAsN/8QAGBAA"
        "AgMAAAAAAAAAAAAAAAAAABpmpOH/2gAIAQEAAD8AzZRSaGVsCk0MrYFJoZWwKTQytharUmhlbApNDK2BSaGVsCk0"
        "MrYWq1JoZWwKTQytgUmhlbApNDK2FqpSaGVsCk0MrYFJoZWwKTQyth///9k=",
    ),
    "JPEG lossless": (
        "1.2.840.10008.1.2.4.57",
        8,
        "/9j/4AAQSkZJRgABAQAAAQABAAD/wwALCAAgACABAREA/8QAFwABAQEBAAAAAAAAAAAAAAAAAgADCP/aAAgBAQAG"
        "AADn+qqqqqqqqqq1bbbbbbbbbbbbbbberbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbberbbbbbbbbbbbbbbb1bbbbbb"
        "bbbbbbbbberbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbberbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbberbbbbbbbbbbb"
        "bbbb1bbbbbbbbbbbbbbberbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbberbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbber"
        "bbbbbbbbbbbbbbb1bbbbbbbbbbbbbbberbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbberbbbbbbbbbbbbbbb1bbbbbb"
        "bbbbbbbbberbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbberbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbberbbbbbbbbbbb"
        "bbbb1bbbbbbbbbbbbbbberbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbberbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbbf/"
        "/9k=",
    ),
    "JPEG lossless, first order": (
        "1.2.840.10008.1.2.4.70",
        8,
        "/9j/4AAQSkZJRgABAQAAAQABAAD/wwALCAAgACABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAMI/9oACAEBAAEA"
        "AM/gAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKg"
        "AAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAAKgAAAA"
        "KgAAAAKgAAAAKgAAAAP/2Q==",
    ),
    "JPEG-LS": (
        "1.2.840.10008.1.2.4.80",
        8,
        "/9j/9wALCAAgACABAREA/9oACAEBAAAAAP98Cyv/f/9zf/9//1H/f/9/7/9//3p//3//d/9//39//3//d/9//39/"
        "/3//d/9//35//3//Z/9//37/f/9/3/9//3v/f/9/f/9//2//f/99/3//f7//f/93/3//fv9//3/f/3//e/9//3//"
        "f/9//3//f/9//3//f/9//3//f/9//3//f/9//3//f/9//9kA",
    ),
    "JPEG 2000": (
        "1.2.840.10008.1.2.4.90",
        8,
        "/0//UQApAAAAAAAgAAAAIAAAAAAAAAAAAAAAIAAAACAAAAAAAAAAAAABBwEB/1IADAAAAAEABQQEAAH/XAATQEBI"
        "SFBISFBISFBISFBISFD/ZAAlAAFDcmVhdGVkIGJ5IE9wZW5KUEVHIHZlcnNpb24gMi41LjL/kAAKAAAAAAA4AAH/"
        "k8+0CAVno+0CAAMzofUBgAs8zqD5wYADf7+gfIEAPaY0M6A+EUCdrClAP//ZAA==",
    ),
}


def failing_codecs() -> list[str]:
    """Names of the compressions whose sample does not decode to what was encoded."""
    return [name for name in SAMPLES if not _decodes(name)]


def _decodes(name: str) -> bool:
    syntax, bits, text = SAMPLES[name]
    options = {
        "rows": SIDE,
        "columns": SIDE,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": 8 if bits == 8 else 16,
        "bits_stored": bits,
        "pixel_representation": 0,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_keyword": "PixelData",
    }
    frame = EncodedFrame(base64.b64decode(text), syntax, options)
    try:
        found = process.decode(frame, lambda: None).values.astype(np.float64)
    except JRViewerError:
        return False
    scale = 1 << (bits - 8)
    true = np.repeat(5.0 * scale * np.arange(SIDE)[:, None], SIDE, axis=1)
    return bool(np.abs(found.reshape(true.shape) - true).max() <= LOSSY * scale)
