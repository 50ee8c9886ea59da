"""Exports of real DICOM files, verified against files that changed, moved or came together."""

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Window
from jrviewer.export import provenance
from jrviewer.export.ply import write_ply
from jrviewer.export.png import write_png
from jrviewer.export.provenance import verify
from tests.dicom.opened import slice_of
from tests.support.dicom_factory import write_ct
from tests.support.record_factory import make_prediction

WEIGHTS_SHA256 = "5c" * 32
WRITERS: list[Callable[[Prediction, Path], object]] = [
    write_ply,
    lambda prediction, path: write_png(prediction, path, Window(40, 400)),
]
every_export = pytest.mark.parametrize("write", WRITERS, ids=["ply", "png"])


@pytest.fixture(autouse=True)
def weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "installed_weights_sha256", lambda: WEIGHTS_SHA256)


def opened(path: Path) -> Prediction:
    """What the window holds of a file: a prediction of what it read."""
    return replace(make_prediction(slice_of(path)), weights_sha256=WEIGHTS_SHA256)


@every_export
def test_what_replaced_the_source_before_the_export_is_another_source(
    tmp_path: Path, write: Callable[[Prediction, Path], object]
) -> None:
    source = write_ct(tmp_path / "a.dcm", patient_name="Beispiel^Anna")
    shutil.copy(source, tmp_path / "kept.dcm")
    prediction = opened(source)
    write_ct(source, np.ones((64, 64)), patient_name="Muster^Berta")
    write(prediction, tmp_path / "export")

    assert verify(tmp_path / "export", source).status == "other_source"
    assert verify(tmp_path / "export", tmp_path / "kept.dcm").ok


@every_export
def test_an_export_made_after_its_source_had_gone_names_the_whole_file(
    tmp_path: Path, write: Callable[[Prediction, Path], object]
) -> None:
    source = write_ct(tmp_path / "a.dcm")
    prediction = opened(source)
    source.rename(tmp_path / "moved.dcm")
    write(prediction, tmp_path / "export")

    assert verify(tmp_path / "export", tmp_path / "moved.dcm").ok
    content = bytearray((tmp_path / "moved.dcm").read_bytes())
    content[5] ^= 1  # of the preamble, which no pixel depends on
    (tmp_path / "moved.dcm").write_bytes(content)
    assert "same pixels" in verify(tmp_path / "export", tmp_path / "moved.dcm").sentences[0]


def test_the_source_is_found_beside_a_copy_that_only_looks_like_it(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "in" / "b.dcm", patient_name="Beispiel^Anna")
    write_ct(tmp_path / "in" / "a.dcm", patient_name="Removed")
    write_ply(opened(source), tmp_path / "export")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "in" / "a.dcm", "a.dcm")
        archive.write(source, "folder/b.dcm")

    assert verify(tmp_path / "export", tmp_path / "in").ok
    assert verify(tmp_path / "export", tmp_path / "a.zip").ok
