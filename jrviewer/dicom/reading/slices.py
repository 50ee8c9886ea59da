"""Slices: values, plane, windows and identity from a decoded frame and its data set."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from jrviewer.core.errors import JRViewerError, UnsupportedImageError
from jrviewer.core.records import Acquisition, Slice, Source, UInt8Array
from jrviewer.dicom.common.attributes import first_item, integer, number, text, texts
from jrviewer.dicom.common.burned_in_text import burned_in_text
from jrviewer.dicom.common.luts import all_finite, modality_of, padding_of, voi_luts_of, windows_of
from jrviewer.dicom.common.parse import Parsed
from jrviewer.dicom.common.patient_identity import identifiers_of, patient_text
from jrviewer.dicom.common.pixel_hash import stored_hash
from jrviewer.dicom.common.plane import (
    FrameGeometry,
    frame_geometry,
    group,
    implausible_size,
    thickness_of,
)
from jrviewer.dicom.decoding.frames import FrameReader
from jrviewer.dicom.decoding.worker import DecodedFrame
from jrviewer.dicom.reading.colour import is_colour, luminance, rgb_of
from jrviewer.dicom.reading.contrast import states_contrast
from jrviewer.dicom.reading.frame_rate import frames_per_second

_LOSSY_BY_SYNTAX = {
    "1.2.840.10008.1.2.4.50": "JPEG",
    "1.2.840.10008.1.2.4.51": "JPEG",
    "1.2.840.10008.1.2.4.53": "JPEG",
    "1.2.840.10008.1.2.4.55": "JPEG",
    "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
}
_METHODS = {  # PS3.3 C.7.6.1.1.5.1
    "ISO_10918_1": "JPEG",
    "ISO_14495_1": "JPEG-LS",
    "ISO_15444_1": "JPEG 2000",
    "ISO_15444_2": "JPEG 2000",
    "ISO_13818_1": "MPEG-2",
    "ISO_14496_10": "MPEG-4",
    "ISO_23008_2": "HEVC",
}
_TILE = "This is a tile of a larger microscope picture, not the whole of it."


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """What all frames of a file have in common."""

    parsed: Parsed
    reader: FrameReader
    path: Path
    member: str
    file_sha256: str
    identifiers: frozenset[str]
    patient_text: tuple[str, ...]

    @property
    def ds(self) -> Dataset:
        return self.parsed.dataset


def slices_of(
    parsed: Parsed, reader: FrameReader, path: Path, member: str, file_sha256: str
) -> Iterator[Slice | JRViewerError]:
    """The frames of one file as slices; an error in the place of a frame that cannot be shown.

    Raises JRViewerError if none can be shown.
    """
    ds = parsed.dataset
    refuse_mosaic(ds)
    shared = _Shared(
        parsed, reader, path, member, file_sha256, identifiers_of(ds), patient_text(ds)
    )
    for frame in range(reader.frames):
        try:
            one: Slice | JRViewerError = _slice(shared, reader.frame(frame), frame)
        except JRViewerError as error:
            one = error
        yield one


def refuse_mosaic(ds: Dataset) -> None:
    """Raise UnsupportedImageError for an MR mosaic: many slices tiled in one picture, whose stated
    plane and spacing are wrong for each of them.
    """
    if is_mosaic(ds):
        raise UnsupportedImageError(
            "This is a mosaic: one picture tiled from many slices, which would be shown in the "
            "wrong place and size. Ask the scanner for the slices as single images."
        )


def is_mosaic(ds: Dataset) -> bool:
    """Whether an image is a Siemens or United Imaging mosaic."""
    tiles = None
    for block in range(0x10, 0x100):
        if text_of_private(ds, 0x0019, block) == "SIEMENS MR HEADER":
            tiles = ds.get((0x0019, (block << 8) | 0x0A))
            break
    named = {"MOSAIC", "VFRAME"} & {one.upper() for one in texts(ds, "ImageType")}
    return bool(named) or tiles is not None


def text_of_private(ds: Dataset, owner_group: int, block: int) -> str:
    """The creator of a private block, "" where the block is free (PS3.5 7.8.1)."""
    if (owner_group, block) not in ds:
        return ""
    return str(ds[owner_group, block].value).strip()


def _slice(shared: _Shared, frame: DecodedFrame, index: int) -> Slice:
    ds = shared.ds
    geometry = frame_geometry(ds, index, shared.reader.frames)
    modality = modality_of(ds, index)
    colour: UInt8Array | None = None
    missing, implausible = "", implausible_size(ds, geometry.spacing)
    if is_colour(frame):
        colour = rgb_of(frame, ds)
        pixels = luminance(colour)
    else:
        pixels, missing = all_finite(modality.apply(frame.values))
    padding = (None, None) if colour is not None else padding_of(ds, frame.values.dtype, modality)
    return Slice(
        pixels=pixels,
        unit="stored" if colour is not None else modality.unit,
        plane=geometry.plane,
        spacing_source=geometry.spacing.source,
        has_position=geometry.has_position,
        source=_source(shared, frame, index),
        acquisition=_acquisition(shared, frame, index, geometry),
        windows=() if colour is not None else windows_of(ds, index),
        voi_luts=() if colour is not None else voi_luts_of(ds, signed=bool((pixels < 0).any())),
        inverted=frame.photometric == "MONOCHROME1",
        padding=padding[0],
        padding_limit=padding[1],
        colour=colour,
        warnings=_warnings(shared, geometry, modality.warning, missing, implausible),
    )


def _source(shared: _Shared, frame: DecodedFrame, index: int) -> Source:
    return Source(
        shared.path,
        shared.member,
        index,
        text(shared.ds, "SOPInstanceUID"),
        stored_hash(frame.values),
        shared.identifiers,
        shared.file_sha256,
    )


def _acquisition(
    shared: _Shared, frame: DecodedFrame, index: int, geometry: FrameGeometry
) -> Acquisition:
    ds = shared.ds
    bits = shared.reader.bits_stored
    return Acquisition(
        modality=text(ds, "Modality"),
        photometric=text(ds, "PhotometricInterpretation") or frame.photometric,
        image_type=_image_type(ds, index),
        body_part=_body_part(ds, index),
        kernel=text(ds, "ConvolutionKernel"),
        thickness_mm=thickness_of(ds, index),
        position_mm=_position(geometry),
        bits_stored=bits,
        lossy=_lossy(shared),
        frames_per_second=frames_per_second(ds),
        series_number=integer(ds, "SeriesNumber"),
        instance_number=index + 1 if shared.reader.frames > 1 else integer(ds, "InstanceNumber"),
        burned_in_text=burned_in_text(ds, text(ds, "SOPClassUID")),
        states_contrast=states_contrast(ds, index),
        patient_text=shared.patient_text,
    )


def _position(geometry: FrameGeometry) -> float | None:
    if not geometry.has_position:
        return None
    return float(geometry.plane.origin_mm @ geometry.plane.normal)


def _image_type(ds: Dataset, frame: int) -> tuple[str, ...]:
    for sequence in ("CTImageFrameTypeSequence", "MRImageFrameTypeSequence"):
        if own := texts(group(ds, frame, sequence), "FrameType"):
            return own
    return texts(ds, "ImageType")


def _body_part(ds: Dataset, frame: int) -> str:
    anatomy = group(ds, frame, "FrameAnatomySequence")
    region = first_item(anatomy, "AnatomicRegionSequence")
    return text(ds, "BodyPartExamined") or text(region, "CodeMeaning")


def _lossy(shared: _Shared) -> str:
    """What is known of a lossy compression, now or earlier in the image's life."""
    ds = shared.ds
    method = text(ds, "LossyImageCompressionMethod") or _LOSSY_BY_SYNTAX.get(
        shared.parsed.transfer_syntax, ""
    )
    if text(ds, "LossyImageCompression") != "01" and not method:
        return ""
    method = _METHODS.get(method, method)
    ratio = number(ds, "LossyImageCompressionRatio")
    return " ".join(["lossy", *([method] if method else []), *([f"{ratio:g}:1"] if ratio else [])])


def _warnings(shared: _Shared, geometry: FrameGeometry, *of_values: str) -> tuple[str, ...]:
    tile = _TILE if text(shared.ds, "Modality") == "SM" else ""
    own = [geometry.warning, geometry.spacing.warning, *of_values, tile]
    said: list[Any] = [*shared.parsed.warnings, *shared.reader.warnings, *own]
    return tuple(dict.fromkeys(one for one in said if one))
