"""Every way of packing pixels gives what pydicom's whole-array reading gives, to the last frame."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import ParametricMapStorage, SecondaryCaptureImageStorage

from jrviewer import dicom
from jrviewer.dicom.common.parse import parse, quiet
from jrviewer.dicom.decoding.frames import FrameReader
from tests.dicom.opened import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, JPEG_LS, RLE, slice_of
from tests.dicom.tools.conformance import denoised
from tests.support.dicom_objects import make_dataset, put_pixels, save

FRAMES, ROWS, COLUMNS = 3, 6, 10


def noise(dtype: str, low: int, high: int, samples: int = 1) -> npt.NDArray[Any]:
    shape = (FRAMES, ROWS, COLUMNS, samples) if samples > 1 else (FRAMES, ROWS, COLUMNS)
    return np.random.default_rng(11).integers(low, high, shape, endpoint=True).astype(dtype)


def capture(stored: npt.NDArray[Any], bits: int = 0, photometric: str = "MONOCHROME2") -> Dataset:
    ds = make_dataset(SecondaryCaptureImageStorage, modality="OT")
    put_pixels(ds, stored, frames=FRAMES, bits_stored=bits or None, photometric=photometric)
    return ds


def planes() -> Dataset:
    """Colours stored plane by plane."""
    stored = noise("u1", 0, 255, samples=3)
    ds = capture(stored, photometric="RGB")
    ds.PlanarConfiguration = 1
    ds.PixelData = np.ascontiguousarray(np.moveaxis(stored, -1, 1)).tobytes()
    return ds


def bits() -> Dataset:
    """One bit a pixel; frames begin in the middle of a byte."""
    stored = noise("u1", 0, 1)
    ds = capture(stored)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 1, 1, 0
    packed = np.packbits(stored.ravel(), bitorder="little").tobytes()
    ds.PixelData = packed + bytes(len(packed) % 2)
    return ds


def floats() -> Dataset:
    """A parametric map."""
    ds = capture(noise("u2", 0, 9))
    ds.SOPClassUID = ParametricMapStorage
    del ds.PixelData
    ds.BitsAllocated = 32
    del ds.BitsStored, ds.HighBit, ds.PixelRepresentation
    ds.FloatPixelData = noise("f4", -1000, 1000).tobytes()
    return ds


def palette() -> Dataset:
    """Indices into a palette of 16-bit words."""
    ds = capture(noise("u1", 0, 255), photometric="PALETTE COLOR")
    for number, colour in enumerate(("Red", "Green", "Blue")):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        table = ((np.arange(256) + 40 * number) % 256).astype("<u2") * 256
        setattr(ds, f"{colour}PaletteColorLookupTableData", table.tobytes())
    return ds


PACKINGS: dict[str, Callable[[], Dataset]] = {
    "8 bits": lambda: capture(noise("u1", 0, 255)),
    "8 bits signed": lambda: capture(noise("i1", -128, 127)),
    "12 of 16 bits": lambda: capture(noise("u2", 0, 4095), 12),
    "12 of 16 bits signed": lambda: capture(noise("i2", -2048, 2047), 12),
    "16 bits": lambda: capture(noise("u2", 0, 65535)),
    "16 bits signed": lambda: capture(noise("i2", -32768, 32767)),
    "32 bits": lambda: capture(noise("u4", 0, 1 << 31)),
    "colours by pixel": lambda: capture(noise("u1", 0, 255, samples=3), photometric="RGB"),
    "colours by plane": planes,
    "1 bit": bits,
    "float": floats,
    "palette": palette,
}
NATIVE = (EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED)
COMPRESSED = {RLE: ("8 bits", "16 bits signed", "colours by pixel"), JPEG_LS: ("12 of 16 bits",)}
CASES = [
    *((name, syntax) for name in PACKINGS for syntax in NATIVE),
    *((name, syntax) for syntax, names in COMPRESSED.items() for name in names),
]


def our_frames(path: Path) -> npt.NDArray[Any]:
    with quiet():
        reader = FrameReader(parse(path.read_bytes()), lambda: None)
        return np.stack([reader.frame(index).values for index in range(reader.frames)])


@pytest.mark.parametrize(("packing", "syntax"), CASES)
def test_every_frame_is_as_pydicom_reads_it(packing: str, syntax: str, tmp_path: Path) -> None:
    path = save(PACKINGS[packing](), tmp_path / "a.dcm", transfer_syntax=syntax)
    ds = dcmread(path)
    ds.pixel_array_options(raw=True)

    ours = our_frames(path)

    assert ours.tobytes() == np.ascontiguousarray(ds.pixel_array).astype(ours.dtype).tobytes()
    assert len(ours) == FRAMES


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
def test_every_frame_of_a_palette_has_its_colours(syntax: str, tmp_path: Path) -> None:
    ds = palette()
    indices = np.frombuffer(ds.PixelData, np.uint8).reshape(FRAMES, ROWS, COLUMNS)
    path = save(ds, tmp_path / "a.dcm", transfer_syntax=syntax)

    for frame in range(FRAMES):
        image = slice_of(path, frame)
        expected = np.stack([(indices[frame].astype(int) + 40 * n) % 256 for n in range(3)], -1)
        assert image.colour is not None
        assert (image.colour == expected).all()


def test_a_range_of_padding_counts_in_every_packing(tmp_path: Path) -> None:
    ds = floats()
    ds.FloatPixelPaddingValue, ds.FloatPixelPaddingRangeLimit = -1000.0, -900.0
    decimal = slice_of(save(ds, tmp_path / "float.dcm"))
    ds = capture(noise("i2", -2048, 2047), 12)
    ds.add_new("PixelPaddingValue", "US", 63488)  # unsigned, as some writers do
    ds.add_new("PixelPaddingRangeLimit", "US", 63500)
    signed = slice_of(save(ds, tmp_path / "signed.dcm"))

    assert (decimal.padding, decimal.padding_limit) == (-1000, -900)
    assert (signed.padding, signed.padding_limit) == (-2048, -2036)


@pytest.mark.parametrize("packing", list(PACKINGS))
def test_what_is_derived_of_a_last_frame_is_read_by_pydicom(packing: str, tmp_path: Path) -> None:
    prediction = denoised(slice_of(save(PACKINGS[packing](), tmp_path / "a.dcm"), -1))

    dicom.write_derived(prediction, tmp_path / "b.dcm")

    after = dcmread(tmp_path / "b.dcm")
    values = after.pixel_array * float(after.RescaleSlope) + float(after.RescaleIntercept)
    assert values.shape == (ROWS, COLUMNS)
    assert values == pytest.approx(prediction.denoised, abs=float(after.RescaleSlope))
