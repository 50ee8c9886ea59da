"""What the reader noticed about whole series, such as gaps. Memory holds one series at a time."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from jrviewer.batch.plan import Plan
from jrviewer.core.progress import Report, silent


class SeriesRemarks(NamedTuple):
    """A series, by its first file, and what is to be known of it."""

    first: str  # the path as it was given, joined with the member's
    modality: str
    slices: int
    warnings: tuple[str, ...]


def series_remarks(paths: Sequence[Path], report: Report = silent) -> Iterator[SeriesRemarks]:
    """Every series among the paths of which something is to be known."""
    from jrviewer import dicom

    with closing(Plan()) as plan:
        for file in dicom.look(paths, report):
            plan.add(file)
        for group in plan.groups():
            for series in dicom.read(group.files, report).series:
                if series.warnings:
                    source = series[0].source
                    member = f"/{source.member}" if source.member else ""
                    first, modality = f"{source.path}{member}", series[0].acquisition.modality
                    yield SeriesRemarks(first, modality, len(series), series.warnings)
