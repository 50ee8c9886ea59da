"""Many inputs without a window: every slice read, predicted and exported, and one report of it all.

Never names a patient: inputs are told apart by the number of their argument and their pixels'
sha256. Prints nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jrviewer.core.errors import DeviceMemoryError, ExportError, InputRefusedError, JRViewerError
from jrviewer.core.prediction import Prediction, SeriesNoise
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Series, Slice
from jrviewer.core.strength import STANDARD, Strength
from jrviewer.export.own_exports import OwnExports
from jrviewer.export.report import (
    Result,
    empty_result,
    input_check_facts,
    noise_facts,
    write_report,
)
from jrviewer.export.writer import ExportRequest, ExportWriter

if TYPE_CHECKING:
    from jrviewer.dicom import Opened, Refused
    from jrviewer.model.devices import Device
    from jrviewer.model.joint_model import JointModel
    from jrviewer.model.slice_pool import SlicePool

    Pool = SlicePool[Slice, Prediction | JRViewerError]

READING = 0.3  # share of the progress that reading gets
ON_THE_CPU = "The graphics processor's memory was full: the CPU was used for this slice."

Refuse = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How the model is run on every slice."""

    device: "Device" = "auto"
    index: int | None = None  # only this slice of every series, counted from 0
    run_anyway: bool = False  # even where the input check is red
    strength: Strength = STANDARD


def run(
    paths: Sequence[Path],
    request: ExportRequest,
    options: BatchOptions,
    refuse: Refuse,
    report: Report = silent,
) -> tuple[dict[str, Any], str]:
    """Predict and export every slice; returns the report and the name of its file.

    Exports of an earlier run among the inputs are passed over. `refuse` is called at once for
    everything that fails, is passed over or needs a warning, with the number of its argument,
    counted from 1, and a sentence. Raises JRViewerError when there is no model or nothing can be
    written, as then no input can succeed.
    """
    from jrviewer import dicom
    from jrviewer.model.load import load_model
    from jrviewer.model.predict import make_pool

    _make_folder(request.folder)
    model = load_model(options.device)
    own = OwnExports()
    with make_pool(model, run_anyway=options.run_anyway, strength=options.strength) as pool:
        opened = dicom.read(
            paths,
            lambda done, what: report(done * READING, what),
            # What is read is predicted while the rest is read.
            on_slice=None if options.index is not None else partial(_begin, pool, own),
        )
        series, refused = _without_own(opened, own, paths, refuse)
        batch = _Batch(paths, options, ExportWriter(request, series), refuse, report)
        results = [*batch.refusals(refused), *batch.results(pool, series)]
    report_content = {
        "model": model.name,
        "weights_sha256": model.weights_sha256,
        "device": model.device,
        "results": sorted(results, key=lambda result: result["argument"]),
    }
    name = write_report(request.folder, report_content, _identifiers(opened.series))
    return report_content, name


@dataclass(slots=True)
class _Batch:
    """From what was read to the results of the report."""

    paths: Sequence[Path]
    options: BatchOptions
    writer: ExportWriter
    refuse: Refuse
    report: Report
    cpu_model: "JointModel | None" = None  # once a graphics processor's memory was full
    noise: dict[int, SeriesNoise] = field(default_factory=dict)  # of series, by slice id
    warnings: dict[int, tuple[str, ...]] = field(default_factory=dict)  # of series, by slice id
    said: set[tuple[int, str]] = field(default_factory=set)  # arguments and warnings

    def refusals(self, refused: "Sequence[Refused]") -> Iterator[Result]:
        """A result for every file that could not be read."""
        for one in refused:
            yield self._failed(argument_number(one.path, self.paths), one.message)

    def results(self, pool: "Pool", opened: Sequence[Series]) -> Iterator[Result]:
        """A result for every slice, in order."""
        for series in opened:
            self.noise |= dict.fromkeys(map(id, series), SeriesNoise())
        self.warnings = {id(one): series.warnings for series in opened for one in series}
        chosen = [one for series in opened for one in self._chosen(series)]
        outcomes = pool.results(one for one in chosen if isinstance(one, Slice))
        for number, one in enumerate(chosen):
            done = READING + (1 - READING) * number / len(chosen)
            self.report(done, f"slice {number + 1} of {len(chosen)}")
            if isinstance(one, Slice):
                yield self._result(one, next(outcomes)) | {"warnings": self._warnings(one)}
            else:
                yield one

    def _chosen(self, series: Series) -> Iterator[Slice | Result]:
        index = self.options.index
        if index is None:
            yield from series
        elif index < len(series):
            yield series[index]
        else:
            sentence = f"There is no slice {index}: this series has 0 to {len(series) - 1}."
            yield self._failed(argument_number(series[0].source.path, self.paths), sentence)

    def _result(self, slice_: Slice, outcome: Prediction | JRViewerError) -> Result:
        argument = argument_number(slice_.source.path, self.paths)
        sha256 = slice_.source.pixels_sha256
        if isinstance(outcome, DeviceMemoryError):
            result = self._result(slice_, self._predict_on_cpu(slice_))
            return result | {"message": f"{ON_THE_CPU} {result['message']}".strip()}
        if isinstance(outcome, InputRefusedError):
            check = {"input_check": "red", "reasons": list(outcome.reasons)}
            return self._failed(argument, str(outcome), source=sha256, **check)
        if isinstance(outcome, JRViewerError):
            return self._failed(argument, str(outcome), source=sha256)
        return self._export(self.noise[id(slice_)].steady(outcome), argument)

    def _warnings(self, slice_: Slice) -> list[str]:
        """What the reader noticed about the series and the slice; each is said once an argument."""
        argument = argument_number(slice_.source.path, self.paths)
        found = dict.fromkeys((*self.warnings[id(slice_)], *slice_.warnings))
        for sentence in found:
            if (argument, sentence) not in self.said:
                self.said.add((argument, sentence))
                self.refuse(argument, f"Warning: {sentence}")
        return list(found)

    def _predict_on_cpu(self, slice_: Slice) -> Prediction | JRViewerError:
        """For the slice that a graphics processor had no memory left for."""
        from jrviewer.model.load import load_model
        from jrviewer.model.predict import predict

        self.cpu_model = self.cpu_model or load_model("cpu")
        try:
            how = self.options
            return predict(self.cpu_model, slice_, run_anyway=how.run_anyway, strength=how.strength)
        except JRViewerError as error:
            return error

    def _export(self, prediction: Prediction, argument: int) -> Result:
        exported = self.writer.write(prediction)
        if not exported.ok:
            self.refuse(argument, exported.message)
        elif exported.warnings:
            self.refuse(argument, f"Warning: {' '.join(exported.warnings)}")
        return {
            **empty_result(argument, prediction.slice.source.pixels_sha256),
            **exported.names,
            "ok": exported.ok,
            "message": exported.message,
            "points": exported.points,
            "seconds": prediction.seconds,
            "removed_marks": len(prediction.compute_removed().marks),
            **noise_facts(prediction),
            **input_check_facts(prediction.findings),
        }

    def _failed(self, argument: int, sentence: str, **known: Any) -> Result:  # noqa: ANN401 - JSON
        self.refuse(argument, sentence)
        return empty_result(argument, known.pop("source", None)) | {"message": sentence, **known}


def argument_number(path: Path, paths: Sequence[Path]) -> int:
    """Which of the arguments, counted from 1, a file came with: itself, its folder, or the DICOMDIR
    beside or above it; 0 where none fits.
    """
    found = path.resolve()
    given = [argument.resolve() for argument in paths]
    tests: list[Callable[[Path], bool]] = [
        lambda argument: argument == found,
        lambda argument: argument in found.parents,
        lambda argument: argument.parent in found.parents,
    ]
    numbers = (number for test in tests for number, one in enumerate(given, start=1) if test(one))
    return next(numbers, 0)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            "The output folder cannot be made there. Choose another one; nothing was written."
        ) from error


def _identifiers(opened: Sequence[Series]) -> frozenset[str]:
    return frozenset().union(*(one.source.identifiers for series in opened for one in series))


def _begin(pool: "Pool", own: OwnExports, slice_: Slice) -> None:
    """Start on a slice while others are read, unless it is an export."""
    if _file_of(slice_) not in own:
        pool.begin(slice_)


def _without_own(
    opened: "Opened", own: OwnExports, paths: Sequence[Path], refuse: Refuse
) -> "tuple[list[Series], list[Refused]]":
    """What was read without exports of an earlier run; how many those are is said."""
    found: dict[tuple[Path, str], None] = {}  # in order, each once
    series: list[Series] = []
    refused: list[Refused] = []
    for one in opened.series:
        kept = tuple(slice_ for slice_ in one if _file_of(slice_) not in own)
        found |= {_file_of(slice_): None for slice_ in one if _file_of(slice_) in own}
        series += [one if len(kept) == len(one) else replace(one, slices=kept)] if kept else []
    for refusal in opened.refused:
        file = refusal.path, refusal.member
        if file in own:
            found[file] = None
        else:
            refused.append(refusal)
    counts = Counter(argument_number(path, paths) for path, _ in found)
    for argument, count in sorted(counts.items()):
        files = "1 file is an export" if count == 1 else f"{count} files are exports"
        refuse(argument, f"{files} of JRViewer: passed over.")
    return series, refused


def _file_of(slice_: Slice) -> tuple[Path, str]:
    return slice_.source.path, slice_.source.member
