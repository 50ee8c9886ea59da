"""Replaced boundaries for tests of what lies above them: reading files, and the network.

Each stands in for a module of the app that has tests of its own; nothing else is replaced.
"""

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from jrviewer.core.errors import InputRefusedError, JRViewerError
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Finding, Series, Slice, Source
from jrviewer.core.strength import STANDARD, Strength
from jrviewer.dicom import Looked, UidMap, new_key
from jrviewer.model import spliced_cloud  # noqa: F401 - whole, before parts of it are replaced
from jrviewer.model.slice_pool import SlicePool
from tests.support.record_factory import make_prediction, make_slice

RED = "This is a localiser."


def replace_module(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    """Let `jrviewer.<name>` be something that has just these members."""
    module = SimpleNamespace(**members)
    monkeypatch.setitem(sys.modules, f"jrviewer.{name}", module)
    parent, _, child = f"jrviewer.{name}".rpartition(".")
    monkeypatch.setattr(importlib.import_module(parent), child, module, raising=False)


@dataclass(frozen=True)
class Refused:
    path: Path
    message: str
    member: str = ""


@dataclass(frozen=True)
class Row:
    """An inspection's row, as far as the command line looks at it."""

    path: str
    status: str
    message: str = ""
    sop_class: str = ""
    modality: str = "CT"
    rows: int | None = 2
    columns: int | None = 3
    frames: int | None = 1
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, str]:
        return {"path": self.path, "status": self.status, "message": self.message}


def read_text_files(
    paths: Sequence[Path | Looked],
    report: Report = silent,
    *,
    on_slice: Callable[[Slice], None] | None = None,
) -> SimpleNamespace:
    """Instead of DICOM: a file is a series with a slice for every line, and its first line names
    the patient; an empty or missing file is refused.
    """
    series, refused = [], []
    for path in (file for given in paths for file in _files(given)):
        lines = path.read_text().splitlines() if path.is_file() else []
        report(0.5, "reading")
        if lines:
            series.append(Series(tuple(_slices(path, lines))))
            if on_slice is not None:
                for one in series[-1]:
                    on_slice(one)
        else:
            refused.append(Refused(path, "The file is empty. Export it again."))
    return SimpleNamespace(series=tuple(series), refused=tuple(refused))


def _files(given: Path | Looked) -> list[Path]:
    if isinstance(given, Looked):
        return [given.path]
    return sorted(given.iterdir()) if given.is_dir() else [given]


def look_at_text_files(paths: Sequence[Path], report: Report = silent) -> Iterator[Looked]:
    """Instead of headers: every file is a series of its own."""
    for number, given in enumerate(paths, start=1):
        for path in _files(given):
            content = path.read_bytes() if path.is_file() else b""
            sha256 = hashlib.sha256(content).hexdigest()
            frames = max(len(content.splitlines()), 1)
            yield Looked(path, "", number, sha256, sha256, sha256, frames)


def _slices(path: Path, lines: list[str]) -> list[Slice]:
    sources = [
        Source(
            path,
            frame=number,
            pixels_sha256=hashlib.sha256(line.encode()).hexdigest(),
            identifiers=frozenset({lines[0]}),
        )
        for number, line in enumerate(lines)
    ]
    return [replace(make_slice(), source=source) for source in sources]


def write_words(prediction: Prediction, path: Path, **how: object) -> None:
    """Instead of derived DICOM: a word."""
    path.write_text("derived")


def predict_at_once(
    prediction_of: Callable[[Slice], Prediction] = make_prediction, red: bool = False
) -> Callable[..., Prediction]:
    """Instead of the network: a prediction that none has made, or a refusal."""

    def predict(
        model: object,
        slice_: Slice,
        report: Report = silent,
        *,
        run_anyway: bool = False,
        strength: Strength = STANDARD,
    ) -> Prediction:
        if not red:
            return prediction_of(slice_).at(strength)
        if not run_anyway:
            raise InputRefusedError(f"The model was not run. {RED}", [RED])
        return make_prediction(slice_, findings=[Finding("red", RED)], overridden=True)

    return predict


def load_nothing(device: str = "auto", *, exact: bool = False) -> SimpleNamespace:
    return SimpleNamespace(name="JointNet 0.0", weights_sha256="ab" * 32, device=f"{device} fp32")


def replace_reader(monkeypatch: pytest.MonkeyPatch, **others: object) -> None:
    members = {
        "Looked": Looked,
        "look": look_at_text_files,
        "read": read_text_files,
        "write_derived": write_words,
        "UidMap": UidMap,
        "new_key": new_key,
    }
    replace_module(monkeypatch, "dicom", **(members | others))


def replace_network(
    monkeypatch: pytest.MonkeyPatch, predict: Callable[..., Prediction] | None = None
) -> None:
    one_by_one = predict or predict_at_once()

    def make_pool(
        model: object, **how: bool | Strength
    ) -> SlicePool[Slice, Prediction | JRViewerError]:
        def predicted(slice_: Slice, report: Report) -> Prediction | JRViewerError:
            try:
                return one_by_one(None, slice_, **how)
            except JRViewerError as error:
                return error

        return SlicePool(predicted, 2, lambda: None)

    replace_module(monkeypatch, "model.load", load_model=load_nothing)
    replace_module(monkeypatch, "model.predict", predict=one_by_one, make_pool=make_pool)
    replace_module(
        monkeypatch, "imaging.body_masks", body_mask=lambda pixels, unit, spacing_mm: pixels > -500
    )
    replace_module(
        monkeypatch, "model.input_check", check=lambda slice_, mask: (Finding("red", RED),)
    )
