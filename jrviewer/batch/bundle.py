"""A bundle of files without a window: every slice read, predicted and exported.

Never names a patient: inputs are told apart by the number of their argument and their hash. Prints
nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jrviewer.core.errors import DeviceMemoryError, ExportError, InputRefusedError, JRViewerError
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Series, Slice
from jrviewer.core.strength import STANDARD, Noise, Strength
from jrviewer.export.report import Result, empty_result, input_check_facts, noise_facts
from jrviewer.export.thumbnail import thumbnail
from jrviewer.export.writer import ExportWriter

if TYPE_CHECKING:
    from jrviewer.dicom import Looked
    from jrviewer.model.devices import Device
    from jrviewer.model.joint_model import JointModel
    from jrviewer.model.slice_pool import OneByOne, SlicePool

    Pool = (
        SlicePool[Slice, Prediction | JRViewerError] | OneByOne[Slice, Prediction | JRViewerError]
    )

ON_THE_CPU = "The graphics processor's memory was full: the CPU was used for this slice."

Refuse = Callable[[int, str], None]
Kind = Literal["done", "refused", "failed"]  # only what failed may succeed another time


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How the model is run on every slice."""

    device: "Device" = "auto"
    index: int | None = None  # only this slice of every series, counted from 0
    run_anyway: bool = False  # even where the input check is red
    strength: Strength = STANDARD


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a slice, or of a file without any."""

    result: Result
    kind: Kind
    key: str  # names file and frame by content; "" where the file could not be read
    series: str = ""  # names the series by the content of its first slice
    thumbnail: str = ""  # a small picture, base64, of what should be looked at
    identifiers: frozenset[str] = frozenset()  # none of which may be kept


@dataclass(slots=True)
class Batch:
    """One model and one place for exports, for any number of bundles of whole series. `refuse` is
    called at once for what fails or needs a warning, with its argument's number and a sentence.
    """

    model: "JointModel"
    writer: ExportWriter
    options: BatchOptions
    refuse: Refuse
    processors: int = 0  # that are meant for it; 0: all there are
    cpu_model: "JointModel | None" = None  # once a graphics processor's memory was full
    said: set[tuple[int, str]] = field(default_factory=set)  # arguments and warnings

    def outcomes(
        self,
        files: "Sequence[Looked]",
        is_done: Callable[[str], bool] = lambda key: False,
        report: Report = silent,
    ) -> Iterator[Outcome]:
        """An outcome for every slice, in the order of the series, and for every file that could not
        be read. Slices whose key is done already are passed over.
        """
        from jrviewer import dicom

        bundle, index = _Bundle(self, files, is_done), self.options.index
        with self._pool() as pool:

            def begin(slice_: Slice) -> None:
                """What is read is predicted while the rest is read."""
                if not is_done(bundle.key(slice_)):
                    pool.begin(slice_)

            opened = dicom.read(files, report, on_slice=begin if index is None else None)
            for one in opened.refused:
                file = bundle.file(one.path, one.member)
                if not is_done(_key(file, 0)):
                    yield self.failed(file.argument, one.message, "refused", _key(file, 0))
            self.writer.begin(opened.series)
            for series in opened.series:
                yield from bundle.series(series, pool)

    def _pool(self) -> "Pool":
        from jrviewer.model import predict

        run_anyway, strength = self.options.run_anyway, self.options.strength
        if self.processors == 1:
            return predict.one_by_one(self.model, run_anyway=run_anyway, strength=strength)
        most = {"most": self.processors} if self.processors else {}
        return predict.make_pool(self.model, run_anyway=run_anyway, strength=strength, **most)

    def failed(self, argument: int, sentence: str, kind: Kind, key: str, **known: Any) -> Outcome:  # noqa: ANN401 - JSON
        """The outcome of what came to nothing."""
        self.refuse(argument, sentence)
        of_slice = {one: known.pop(one) for one in ("series", "thumbnail") if one in known}
        identifiers = known.pop("identifiers", frozenset())
        result = empty_result(argument, known.pop("source", None)) | {"message": sentence, **known}
        return Outcome(result, kind, key, **of_slice, identifiers=identifiers)

    def predict_on_cpu(self, slice_: Slice) -> Prediction | JRViewerError:
        """For the slice that a graphics processor had no memory left for."""
        from jrviewer.model.load import load_model

        self.cpu_model = self.cpu_model or load_model("cpu")
        return self.predict(slice_, self.cpu_model)

    def predict(self, slice_: Slice, model: "JointModel | None" = None) -> "Predicted":
        """The prediction of one slice, or the error that it ended in."""
        from jrviewer.model.predict import predict

        how = self.options
        try:
            return predict(
                model or self.model, slice_, run_anyway=how.run_anyway, strength=how.strength
            )
        except JRViewerError as error:
            return error


Predicted = Prediction | JRViewerError


class _Bundle:
    """From the series of one bundle to outcomes."""

    def __init__(
        self, batch: Batch, files: "Sequence[Looked]", is_done: Callable[[str], bool]
    ) -> None:
        self._batch = batch
        self._files = {(one.path, one.member): one for one in files}
        self._is_done = is_done

    def file(self, path: Path, member: str) -> "Looked":
        return self._files[path, member]

    def key(self, slice_: Slice) -> str:
        return _key(self._of(slice_), slice_.source.frame)

    def series(self, series: Series, pool: "Pool") -> Iterator[Outcome]:
        """What became of the slices that are still to be done, in order."""
        index = self._batch.options.index
        if index is not None and index >= len(series):
            sentence = f"There is no slice {index}: this series has 0 to {len(series) - 1}."
            first = series[0]
            argument = self._of(first).argument
            yield self._batch.failed(argument, sentence, "refused", self.key(first))
            return
        places = range(len(series)) if index is None else [index]
        todo = [place for place in places if not self._is_done(self.key(series[place]))]
        steady = _Steady(self._batch, series, set(range(len(series))) - set(todo))
        outcomes = pool.results(series[place] for place in todo)
        for place in todo:
            yield self._outcome(series, place, next(outcomes), steady)

    def _outcome(
        self, series: Series, place: int, predicted: Predicted, steady: "_Steady"
    ) -> Outcome:
        from jrviewer.model.spliced_cloud import in_series

        batch, slice_ = self._batch, series[place]
        note = ""
        if isinstance(predicted, DeviceMemoryError):
            predicted, note = batch.predict_on_cpu(slice_), f"{ON_THE_CPU} "
        known = {
            "series": series[0].source.pixels_sha256[:16],
            "identifiers": slice_.source.identifiers,
        }
        warnings = self._warnings(series, slice_)
        if isinstance(predicted, JRViewerError):
            outcome = self._failed(slice_, predicted, known | {"warnings": warnings})
        else:
            predicted = in_series(steady.of(place, predicted), series)
            outcome = self._export(predicted, known, warnings)
        outcome.result["message"] = f"{note}{outcome.result['message']}".strip()
        return outcome

    def _failed(self, slice_: Slice, error: JRViewerError, known: dict[str, Any]) -> Outcome:
        known["source"] = slice_.source.pixels_sha256
        kind: Kind = "failed"
        if isinstance(error, InputRefusedError):
            kind = "refused"
            known |= {"input_check": "red", "reasons": list(error.reasons)}
            known["thumbnail"] = thumbnail(slice_)
        argument = self._of(slice_).argument
        return self._batch.failed(argument, str(error), kind, self.key(slice_), **known)

    def _export(
        self, prediction: Prediction, known: dict[str, Any], warnings: list[str]
    ) -> Outcome:
        slice_ = prediction.slice
        argument = self._of(slice_).argument
        exported = self._batch.writer.write(prediction)
        if not exported.ok:
            self._batch.refuse(argument, exported.message)
        elif exported.warnings:
            self._batch.refuse(argument, f"Warning: {' '.join(exported.warnings)}")
        marks = prediction.compute_removed().marks
        result = {
            **empty_result(argument, slice_.source.pixels_sha256),
            **exported.names,
            "ok": exported.ok,
            "message": exported.message,
            "points": exported.points,
            "seconds": prediction.seconds,
            "removed_marks": len(marks),
            "warnings": warnings,
            **noise_facts(prediction),
            **input_check_facts(prediction.findings),
        }
        if marks or prediction.level != "green":
            known["thumbnail"] = thumbnail(slice_, marks)
        kind: Kind = "done" if exported.ok else exported.kind
        return Outcome(result, kind, self.key(slice_), **known)

    def _warnings(self, series: Series, slice_: Slice) -> list[str]:
        """What the reader noticed about the series and the slice; each is said once an argument."""
        argument = self._of(slice_).argument
        found = dict.fromkeys((*series.warnings, *slice_.warnings))
        for sentence in found:
            if (argument, sentence) not in self._batch.said:
                self._batch.said.add((argument, sentence))
                self._batch.refuse(argument, f"Warning: {sentence}")
        return list(found)

    def _of(self, slice_: Slice) -> "Looked":
        return self._files[slice_.source.path, slice_.source.member]


class _Steady:
    """The noise along a series, for the slices whose own says nothing, whatever is done already or
    not asked for: a slice that is left or chosen loses as much as in a run of the whole series.
    """

    def __init__(self, batch: Batch, series: Series, passed_over: set[int]) -> None:
        self._batch, self._series, self._passed_over = batch, series, passed_over
        self._last: tuple[int, Noise | None] = (-1, None)

    def of(self, place: int, prediction: Prediction) -> Prediction:
        """The next prediction, so that nothing jumps."""
        if prediction.is_noise_known:
            self._last = (place, prediction.noise)
            return prediction
        for before in range(place - 1, self._last[0], -1):
            if before in self._passed_over:
                again = self._batch.predict(self._series[before])
                if isinstance(again, Prediction) and again.is_noise_known:
                    self._last = (before, again.noise)
                    break
        self._passed_over -= set(range(place))
        return prediction.beside(self._last[1])


def make_folder(out: Path) -> None:
    """Make the folder for the exports. Raises ExportError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            "The output folder cannot be made there. Choose another one; nothing was written."
        ) from error


def _key(file: "Looked", frame: int) -> str:
    return f"{file.sha256}.{frame}" if file.sha256 else ""
