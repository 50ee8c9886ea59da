"""What no scanner acquired is never exported."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jrviewer import dicom
from jrviewer.core.errors import ExportError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Window
from jrviewer.export import provenance
from jrviewer.export.ply import write_ply
from jrviewer.export.png import write_png
from jrviewer.export.writer import ExportRequest, ExportWriter
from jrviewer.imaging.low_dose import simulated
from tests.support.dicom_factory import write_ct
from tests.support.noisy_prediction import make_noisy

EXPORTS: list[Callable[[Prediction, Path], object]] = [
    lambda prediction, path: write_ply(prediction, path),
    lambda prediction, path: write_png(prediction, path, Window(40, 400)),
    lambda prediction, path: dicom.write_derived(prediction, path),
    lambda prediction, path: dicom.write_derived(prediction, path, deidentified=True),
    lambda prediction, _: provenance.describe(prediction),
]


def twin_of(source: Path) -> Prediction:
    ((image,),) = dicom.read([source]).series
    made = make_noisy()
    return replace(made, slice=replace(simulated(made), source=image.source))


@pytest.mark.parametrize("export", EXPORTS)
def test_a_simulated_dose_is_not_exported(
    tmp_path: Path, export: Callable[[Prediction, Path], object]
) -> None:
    twin = twin_of(write_ct(tmp_path / "a.dcm"))

    with pytest.raises(ExportError, match="no scanner acquired"):
        export(twin, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_run_writes_no_file_of_a_simulated_dose(tmp_path: Path) -> None:
    twin = twin_of(write_ct(tmp_path / "a.dcm"))
    (tmp_path / "out").mkdir()

    exported = ExportWriter(ExportRequest(tmp_path / "out")).write(twin)

    assert not exported.ok
    assert "no scanner acquired" in exported.message
    assert not list((tmp_path / "out").iterdir())
