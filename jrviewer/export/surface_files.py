"""The files of a measured surface, under a name that says nothing of the patient. The window and
the command line write it this way.
"""

import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from jrviewer.core.errors import NameTakenError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import SurfaceMesh
from jrviewer.export.mesh import MESH_KINDS, MeshKind, write_mesh

STEM = "measured-surface"  # neutral: it is of no single file


def write_surface(
    measured: SurfaceMesh,
    prediction: Prediction,
    folder: Path,
    kinds: Iterable[MeshKind],
    *,
    with_skin: bool | None = None,
) -> dict[MeshKind, str]:
    """Write a surface in some formats under the first name that is free for all of them; gives the
    files' names. For the rest see `write_mesh`, which raises ExportError.
    """
    written: dict[MeshKind, str] = {}
    stems = _free_stems(folder)
    stem = next(stems)
    for kind in kinds:
        while kind not in written:
            name = f"{stem}.{kind}"
            try:
                write_mesh(measured, prediction, folder / name, kind, with_skin=with_skin)
            except NameTakenError:  # by another process, meanwhile
                stem = next(stems)
            else:
                written[kind] = name
    return written


def _free_stems(folder: Path) -> Iterator[str]:
    stems = itertools.chain([STEM], (f"{STEM}-{number:04d}" for number in itertools.count(2)))
    return (
        stem
        for stem in stems
        if not any(os.path.lexists(folder / f"{stem}.{kind}") for kind in MESH_KINDS)
    )
