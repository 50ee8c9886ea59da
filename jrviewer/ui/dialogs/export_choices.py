"""What can be exported, and the choices of the export dialog in the order of its lists."""

from dataclasses import dataclass

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Series, Structure, SurfaceMesh, VoiLut, Window
from jrviewer.export.mesh import MESH_KINDS

SKIN = (None, True, False)
FORMATS = (("ply", True), ("ply", False), ("vtp", True), ("csv", True))  # kind, whether binary
MESHES = MESH_KINDS
SHEETS = ("sheet-pdf", "sheet-png")


@dataclass(frozen=True, slots=True, eq=False)
class ExportSource:
    """What was shown when the dialog was opened. Other files may be read while it is open: what it
    says and what is written belong to this slice all the same.
    """

    series: Series
    prediction: Prediction  # of the slice, at the strength that was shown
    measured: SurfaceMesh | None  # of the series


@dataclass(frozen=True, slots=True)
class Subject:
    """What can be exported."""

    slices: int
    place: str  # which of them is shown
    no_cloud_reason: str  # "" where there is a cloud
    window: Window | VoiLut
    face: bool  # whether the series may show one
    strength: str  # the denoising strength's name
    blend: int = 100  # per cent of the AI slice in the second image
    hidden: frozenset[Structure] = frozenset()  # structures that the 3D view does not show
    no_skin_by_default: bool = False  # the automatic choice leaves this cloud's skin out
    has_surface: bool = False  # the series' surface is measured
