"""The measured surface of every series among some files, without a window.

Never names a patient: series are told apart by the number of their argument. Prints nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jrviewer.batch.bundle import Refuse, make_folder
from jrviewer.batch.plan import Plan
from jrviewer.batch.run import look
from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Series, Structure, SurfaceMesh
from jrviewer.export.mesh import MESH_KINDS, MeshKind, takes_skin
from jrviewer.export.surface_files import write_surface
from jrviewer.imaging.measured_surface import SurfaceMeasurement

if TYPE_CHECKING:
    from jrviewer.dicom import Looked
    from jrviewer.model.devices import Device
    from jrviewer.model.joint_model import JointModel


@dataclass(frozen=True, slots=True)
class SurfaceJob:
    """Which files to write for every series, where, and how."""

    folder: Path
    kinds: frozenset[MeshKind] = frozenset({"stl"})
    with_skin: bool | None = None  # None: not where it may be a face
    device: "Device" = "auto"
    run_anyway: bool = False  # even where the input check of the middle slice is red


@dataclass(frozen=True, slots=True)
class MeasuredSeries:
    """What became of one series, or of a file without any."""

    argument: int  # with which it came, counted from 1
    message: str = ""  # why there is no surface
    slices: int = 0  # from which the surface is measured
    grid_mm: tuple[float, float, float] | None = None  # along rows, columns and slices
    triangles: int = 0  # without those left out
    skin: bool = False  # whether the files hold the skin
    files: dict[MeshKind, str] | None = None

    @property
    def ok(self) -> bool:
        """Whether all files were written."""
        return not self.message

    def as_json(self) -> dict[str, Any]:
        """The facts, with a key for every format."""
        files: dict[MeshKind, str] = self.files or {}
        return {
            "argument": self.argument,
            "ok": self.ok,
            "message": self.message,
            "slices": self.slices,
            "grid_mm": self.grid_mm and [round(mm, 3) for mm in self.grid_mm],
            "triangles": self.triangles,
            "skin": self.skin,
            **{kind: files.get(kind) for kind in MESH_KINDS},
        }

    def as_line(self) -> str:
        """The facts in words; why there is none is said where it is refused."""
        if self.files is None or self.grid_mm is None:
            return f"argument {self.argument}\tno surface"
        x, y, z = self.grid_mm
        names = ", ".join(self.files.values())
        skin = "skin included" if self.skin else "skin left out"
        return (
            f"argument {self.argument}\t{names}\t{self.triangles} triangles from {self.slices} "
            f"slices, grid {x:.2f} × {y:.2f} × {z:.2f} mm, {skin}"
        )


def measure_series(
    paths: Sequence[Path], job: SurfaceJob, refuse: Refuse, report: Report = silent
) -> Iterator[MeasuredSeries]:
    """Measure and write the surface of every series; memory holds one.

    `refuse` is called at once for everything that fails, is passed over or needs a warning, with
    the number of its argument, counted from 1, and a sentence. Raises JRViewerError where there is
    no model or no folder, as then no series can succeed.
    """
    from jrviewer import dicom
    from jrviewer.model.load import load_model

    make_folder(job.folder)
    model = load_model(job.device)
    with closing(Plan()) as plan:
        look(paths, plan, refuse, report)
        for file in plan.refused():
            yield _refused(file, file.refusal, refuse)
        for group in plan.groups():
            files = {(one.path, one.member): one for one in group.files}
            opened = dicom.read(group.files, report)
            for one in opened.refused:
                yield _refused(files[one.path, one.member], one.message, refuse)
            for series in opened.series:
                source = series[0].source
                argument = files[source.path, source.member].argument
                for sentence in dict.fromkeys(series.warnings):
                    refuse(argument, f"Warning: {sentence}")
                try:
                    yield _measured(series, argument, model, job, report)
                except JRViewerError as error:
                    refuse(argument, str(error))
                    yield MeasuredSeries(argument, str(error))


def _refused(file: "Looked", sentence: str, refuse: Refuse) -> MeasuredSeries:
    refuse(file.argument, sentence)
    return MeasuredSeries(file.argument, sentence)


def _measured(
    series: Series, argument: int, model: "JointModel", job: SurfaceJob, report: Report
) -> MeasuredSeries:
    """Write one surface. The prediction of the middle slice says where it comes from, as the shown
    slice's does in the window, and whether the skin may be a face.
    """
    from jrviewer.model.predict import predict

    mesh = SurfaceMeasurement(series)(report)
    prediction = predict(model, series[len(series) // 2], run_anyway=job.run_anyway)
    kinds = [kind for kind in MESH_KINDS if kind in job.kinds]
    files = write_surface(mesh, prediction, job.folder, kinds, with_skin=job.with_skin)
    skin = takes_skin(mesh, prediction, job.with_skin)
    return MeasuredSeries(
        argument,
        slices=len(mesh.geometry.heights_mm),
        grid_mm=_grid(mesh),
        triangles=len(mesh.faces) if skin else int((mesh.labels != Structure.SKIN).sum()),
        skin=skin,
        files=files,
    )


def _grid(mesh: SurfaceMesh) -> tuple[float, float, float]:
    z, y, x = mesh.grid_mm
    return x, y, z
