"""What was read, predicted and exported is not kept once nobody holds it: it is a patient's."""

import gc
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import cast

import pytest
from pydicom.uid import generate_uid

from jrviewer import dicom
from jrviewer.export.writer import ExportRequest, ExportWriter
from jrviewer.model.joint_model import JointModel
from jrviewer.model.predict import predict, predict_series
from tests.support.dicom_factory import write_series
from tests.support.small_network import small_net


def use(model: JointModel, folder: Path, out: Path) -> "list[weakref.ref[object]]":
    """Read, predict and export a series; what would show that some of it is still there."""
    opened = dicom.read([folder])
    (series,) = opened.series
    outcomes = list(predict_series(model, series.slices, run_anyway=True))
    prediction = predict(model, series[0], run_anyway=True)
    prediction.compute_removed()
    prediction.compute_dense_cloud()
    out.mkdir()
    exported = ExportWriter(ExportRequest(out), [series]).write(prediction)
    assert exported.ok, exported.message
    return [weakref.ref(one) for one in (*series, *outcomes, prediction)]


def holders(text: str) -> list[object]:
    """The containers of Python that hold a text, or a path with it."""
    return [thing for thing in gc.get_objects() if any(text in one for one in texts_in(thing))]


def texts_in(thing: object) -> Iterator[str]:
    """The texts and paths that a container holds itself; `isinstance` would wake lazy modules."""
    parts: Iterable[object] = ()
    if issubclass(type(thing), dict):
        held = cast("dict[object, object]", thing)
        parts = [*held.keys(), *held.values()]
    elif issubclass(type(thing), list | tuple | set | frozenset):
        parts = [*cast("Iterable[object]", thing)]
    return (str(part) for part in parts if issubclass(type(part), str | PurePath))


def folder_of(patient: str, tmp_path: Path) -> Path:
    """A series whose files lie in a folder that is named after the patient."""
    folder = tmp_path / patient
    folder.mkdir()
    write_series(folder, 2, series_uid=generate_uid(), extra={"PatientName": f"{patient}^Anna"})
    return folder


@pytest.mark.slow
def test_after_a_second_series_nothing_of_the_first_is_left(tmp_path: Path) -> None:
    patients = [f"Patient{letter * 3}" for letter in "XY"]
    model = JointModel("small 0", "0" * 64, "CPU fp32", small_net(), sharpness=1.0)
    first, second = (
        use(model, folder_of(patient, tmp_path), tmp_path / f"out of {patient[-1]}")
        for patient in patients
    )
    gc.collect()

    assert [reference() for reference in first] == [None] * len(first)
    assert [reference() for reference in second] == [None] * len(second)
    del patients
    assert holders("Patient" + 3 * "X") == []
