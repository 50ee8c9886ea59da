"""What an export holds beside the slices' own files: the measured surface of the series, and the
evidence of a sheet. Runs in the worker.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Cloud, SurfaceMesh
from jrviewer.ui.jobs.backend import Written

if TYPE_CHECKING:
    from jrviewer.export.evidence_sheet import Evidence
    from jrviewer.export.writer import ExportRequest

PICTURE = (1000, 760)


def with_surface(
    write: Callable[[Report], Written],
    measured: SurfaceMesh | None,
    prediction: Prediction | None,
    request: "ExportRequest",
    report: Report,
) -> Written:
    """Write the slices' files, and then the surface, where it is measured and asked for."""
    written = write(report)
    if measured is None or prediction is None or request.surface is None:
        return written
    name, failure = _write_surface(measured, prediction, request)
    return replace(
        written,
        names=(*written.names, *filter(None, [name])),
        failures=(*written.failures, *filter(None, [failure])),
    )


def evidence_of(
    distances_of: Callable[[Cloud | None], FloatArray | None], prediction: Prediction
) -> "Evidence":
    """A picture of the cloud, and its distances to the measured surface where they are known."""
    from jrviewer.export.evidence_sheet import Evidence
    from jrviewer.rendering.still import draw_still

    known = distances_of(prediction.dense_cloud)
    distances = distances_of(prediction.cloud) if known is None else known
    return Evidence(draw_still(prediction, PICTURE), distances)


def _write_surface(
    measured: SurfaceMesh, prediction: Prediction, request: "ExportRequest"
) -> tuple[str, str]:
    """The name of the file, or "" and why it was not written."""
    from jrviewer.export.surface_files import write_surface

    kind, folder = request.surface or "stl", request.folder
    try:
        names = write_surface(measured, prediction, folder, [kind], with_skin=request.with_skin)
    except JRViewerError as error:
        return "", str(error)
    return names[kind], ""
