"""The five records that travel along the app's one straight line, and the small ones they are made
of.

All are frozen and their arrays read-only, so that a worker thread and the window can hold the same
ones. Knows nothing of files, networks or windows.

Patient coordinates are DICOM's LPS in millimetres: x grows to the patient's left, y to the back, z
to the head (PS3.3 C.7.6.2.1.1). Pixel positions are always (row, column).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import Box, FloatArray, Plane, VolumeGeometry
from jrviewer.core.packed_image import exact, fine, packed

UInt8Array = npt.NDArray[np.uint8]
MOST_MARKS = 12  # of a residual: the strongest; there may be more

HARDLY_HU = 1.0  # a standard deviation below this is invisible

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

    def __post_init__(self) -> None:
        if self.colour is not None:
            read_only(self.colour)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        rows, columns = vars(self)["pixels"].shape
        return rows, columns


@dataclass(frozen=True, slots=True, eq=False)
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
    point's 1-sigma radius in the same unit as the points.
    """

    points: FloatArray
    labels: UInt8Array
    sigma: FloatArray
    unit: Literal["mm", "normalized"]
    box: Box

    def __post_init__(self) -> None:
        for array in (self.points, self.labels, self.sigma):
            read_only(array)

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceMesh:
    """The surfaces of a series as its slices show them, in patient LPS millimetres.

    `faces` int32 (T, 3) are triangles of `corners_mm` float32 (P, 3) with a Structure value each,
    `labels` uint8 (T,); `normals` float32 (P, 3) point out of the structure. Nothing is claimed
    beyond what `geometry` covers.
    """

    corners_mm: FloatArray
    normals: FloatArray
    faces: npt.NDArray[np.int32]
    labels: UInt8Array
    geometry: VolumeGeometry

    def __post_init__(self) -> None:
        for array in (self.corners_mm, self.normals, self.faces, self.labels):
            read_only(array)


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason of the input check, in plain words."""

    level: Level
    sentence: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place where a shape, not noise, was removed."""

    row: float
    column: float
    size_mm: float  # diameter, in pixels where the slice has no spacing
    change: float  # original minus denoised, mean over the middle, in the slice's unit
    strength: float  # in standard deviations of the smoothed noise


@dataclass(frozen=True, slots=True)
class Removed:
    """What `imaging.residual_check` says of original minus denoised slice.

    `score` is the strongest visible shape in it, in standard deviations of the smoothed noise: up
    to about 5 for noise alone. `noise` is its standard deviation in the body, in the slice's unit.
    """

    score: float
    noise: float
    marks: tuple[Mark, ...]

    def is_hardly_anything(self, unit: str) -> bool:
        """Whether so little was removed that it is invisible; only for HU, whose size is known."""
        return unit == "HU" and self.noise < HARDLY_HU and not self.marks


@packed(denoised=fine)
@dataclass(frozen=True, eq=False)
class Prediction:
    """What the model made of one slice. It carries its input, so that no view has to match two
    things up.

    `removed` and `dense_cloud` cost as much time as the rest together and are not always needed:
    they are None until a worker computes them, and then stay with the prediction.
    """

    slice: Slice
    denoised: FloatArray  # (rows, columns) float32, unit of the slice
    cloud: Cloud | None  # 1024 points; None where no cloud is made (MR)
    sample_dense: Callable[[], Cloud] | None  # places 4096 points on the same surfaces
    check_residual: Callable[[Slice, FloatArray], Removed]  # judges original and denoised slice
    no_cloud_reason: str  # a sentence, "" where there is a cloud
    model: str  # the model's name and version
    weights_sha256: str
    device: str  # e.g. "CPU fp32"
    seconds: float
    findings: tuple[Finding, ...] = ()
    overridden: bool = False  # the user ran the model in spite of a red input check

    @property
    def dense_cloud(self) -> Cloud | None:
        """The cloud of 4096 points; None until `compute_dense_cloud` was called."""
        return vars(self).get("_dense_cloud")

    def compute_dense_cloud(self) -> Cloud | None:
        """The cloud of 4096 points, None where there is no cloud; 0.2 s, so call it in a worker."""
        return self._dense_cloud

    @cached_property
    def _dense_cloud(self) -> Cloud | None:
        return self.sample_dense() if self.sample_dense else None

    @property
    def removed(self) -> Removed | None:
        """What was removed from the slice; None until `compute_removed` was called."""
        return vars(self).get("_removed")

    def compute_removed(self) -> Removed:
        """What was removed from the slice; 0.1 s for 512 × 512 pixels, so call it in a worker."""
        return self._removed

    @cached_property
    def _removed(self) -> Removed:
        return self.check_residual(self.slice, self.denoised)

    def blended(self, per_cent: int) -> FloatArray:
        """The original (rows, columns) with that much of the AI slice mixed in; 100 is all AI."""
        if per_cent == 100:
            return self.denoised
        original = self.slice.pixels
        mixed: FloatArray = original + np.float32(per_cent / 100) * (self.denoised - original)
        return mixed

    @property
    def level(self) -> Level:
        """The worst level among the findings."""
        levels = {finding.level for finding in self.findings}
        return "red" if "red" in levels else "amber" if "amber" in levels else "green"
