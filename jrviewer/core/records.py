"""The five records that travel along the app's one straight line, and the small ones they are made
of.

All are frozen and their arrays read-only, so that a worker thread and the window can hold the same
ones. Knows nothing of files, networks or windows.

Patient coordinates are DICOM's LPS in millimetres: x grows to the patient's left, y to the back, z
to the head (PS3.3 C.7.6.2.1.1). Pixel positions are always (row, column).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import Box, FloatArray, Plane, VolumeGeometry
from jrviewer.core.packed_image import exact, packed

UInt8Array = npt.NDArray[np.uint8]

Unit = Literal["HU", "stored"]
SpacingSource = Literal["pixel", "detector", "missing"]
Level = Literal["green", "amber", "red"]
BurnedInText = Literal["no", "unknown", "yes"]
VoiFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


class Structure(IntEnum):
    """What a point of a cloud lies on."""

    SKIN = 0
    BONE = 1
    AIR = 2


def read_only(array: npt.NDArray[Any]) -> None:
    """Close an array to writing."""
    array.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Window:
    """A display window (DICOM PS3.3 C.11.2.1.2): centre and width in the slice's unit."""

    centre: float
    width: float
    function: VoiFunction = "LINEAR"
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class VoiLut:
    """A table from modality values to display values (DICOM PS3.3 C.11.2.1.1)."""

    first: float  # modality value that maps to values[0]
    values: FloatArray  # (N,) scaled to 0..1
    name: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Which object and frame a slice was read from: enough to read it again, never shown, logged or
    exported.
    """

    path: Path
    member: str = ""  # name inside `path` where that is a ZIP archive
    frame: int = 0  # zero-based
    sop_instance_uid: str = ""
    pixels_sha256: str = ""  # of the frame's stored values, little-endian, C order
    identifiers: frozenset[str] = (
        frozenset()
    )  # every text that must not reach a log, message or export
    file_sha256: str = ""  # of the file or member, as it was when it was read


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How a slice was made, as far as the input check and the corner text need it."""

    modality: str = ""
    photometric: str = ""  # as stored, e.g. MONOCHROME2
    image_type: tuple[str, ...] = ()
    body_part: str = ""
    kernel: str = ""
    thickness_mm: float | None = None
    position_mm: float | None = None  # along the series' normal
    bits_stored: int = 16
    lossy: str = ""  # what is known of a lossy compression, "" when there was none
    frames_per_second: float | None = None  # at which the file wants to be played
    series_number: int | None = None
    instance_number: int | None = None
    burned_in_text: BurnedInText = "no"  # in the pixels, such as the patient's name
    states_contrast: bool = False  # the file says that contrast medium was given
    patient_text: tuple[str, ...] = ()  # lines for the hideable corner; patient data


@packed(pixels=exact)
@dataclass(frozen=True, eq=False)
class Slice:
    """One image plane with its values, its place in the patient and how to show it.

    `pixels` are float32 (rows, columns) after the modality transform: HU for a CT with rescale,
    else the stored modality units. A colour image keeps its 8-bit RGB in `colour` (rows, columns,
    3) and its luminance in `pixels`.
    """

    pixels: FloatArray
    unit: Unit
    plane: Plane
    spacing_source: SpacingSource
    has_position: bool  # False: orientation and position are not in the file, the plane is nominal
    source: Source
    acquisition: Acquisition = field(default_factory=Acquisition)
    windows: tuple[Window, ...] = ()
    voi_luts: tuple[VoiLut, ...] = ()
    inverted: bool = False  # MONOCHROME1: low values are shown bright
    padding: float | None = None  # pixels of this value are no measurement …
    padding_limit: float | None = None  # … nor are those between it and this one
    colour: UInt8Array | None = None
    warnings: tuple[str, ...] = ()
    simulated_dose: float | None = None  # share of its dose that a twin shows; never exported

    def __post_init__(self) -> None:
        if self.colour is not None:
            read_only(self.colour)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        rows, columns = vars(self)["pixels"].shape
        return rows, columns


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Series:
    """Slices of one acquisition in one orientation, ordered along their normal."""

    slices: tuple[Slice, ...]
    title: str = ""  # series number, modality, description: no patient data
    warnings: tuple[str, ...] = ()  # missing slices, gantry tilt, duplicates

    def __len__(self) -> int:
        return len(self.slices)

    def __iter__(self) -> Iterator[Slice]:
        return iter(self.slices)

    def __getitem__(self, index: int) -> Slice:
        return self.slices[index]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Cloud:
    """Points on the surfaces inferred around one slice.

    `points` float32 (N, 3): patient LPS millimetres, or the normalised box ([-1, 1] in-plane) where
    the slice has no spacing. `labels` uint8 (N,) are Structure values; `sigma` float32 (N,) is each
    point's 1-sigma radius in the same unit as the points. `normals` float32 (N, 3) are unit vectors
    out of the structure (out of the body, the bone, the air), in the points' axes; they come from
    the slice, so they lie in its plane.
    """

    points: FloatArray
    labels: UInt8Array
    sigma: FloatArray
    unit: Literal["mm", "normalized"]
    box: Box
    normals: FloatArray

    def __post_init__(self) -> None:
        for array in (self.points, self.labels, self.sigma, self.normals):
            read_only(array)

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceMesh:
    """The surfaces of a series as its slices show them, in patient LPS millimetres.

    `faces` int32 (T, 3) are triangles of `corners_mm` float32 (P, 3) with a Structure value each,
    `labels` uint8 (T,); `normals` float32 (P, 3) point out of the structure. Nothing is claimed
    beyond what `geometry` covers, nor finer than the grid of steps `grid_mm` (z, y, x).
    """

    corners_mm: FloatArray
    normals: FloatArray
    faces: npt.NDArray[np.int32]
    labels: UInt8Array
    geometry: VolumeGeometry
    grid_mm: tuple[float, float, float]

    def __post_init__(self) -> None:
        for array in (self.corners_mm, self.normals, self.faces, self.labels):
            read_only(array)


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason of the input check, in plain words."""

    level: Level
    sentence: str
