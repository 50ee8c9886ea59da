"""Many inputs without a window: every slice read, predicted and exported, and one report of it all.

Never names a patient: inputs are told apart by the number of their argument and their pixels'
sha256. Prints nothing.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jrviewer.core.atomic_write import replace_file
from jrviewer.core.errors import DeviceMemoryError, ExportError, InputRefusedError, JRViewerError
from jrviewer.core.identifier_search import is_leaked
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Finding, Prediction, Series, Slice, VoiLut, Window
from jrviewer.export import provenance
from jrviewer.export.ply import Points, output_stem, write_ply, write_png
from jrviewer.imaging.structures import may_show_face
from jrviewer.imaging.windowing import default_window

if TYPE_CHECKING:
    from jrviewer.dicom import Opened, UidMap
    from jrviewer.model.devices import Device
    from jrviewer.model.joint_model import JointModel
    from jrviewer.model.slice_pool import SlicePool

    AtWork = SlicePool[Slice, Prediction | JRViewerError]

KINDS = ("ply", "png", "dcm")
READING = 0.3  # share of the progress that reading gets

FACE = (
    "The slices may be of a head: put together they show a face, which removing the identity does "
    "not change. Give them only to those who may recognise the patient."
)
ON_THE_CPU = "The graphics processor's memory was full: the CPU was used for this slice."
Result = dict[str, Any]
Refuse = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants done with every slice."""

    out: Path
    device: "Device" = "auto"
    points: Points = 1024
    kinds: frozenset[str] = frozenset(KINDS)
    index: int | None = None  # zero-based, within every series
    run_anyway: bool = False
    with_skin: bool | None = None  # None: not where it may be a face
    deidentify: bool = False  # the derived DICOM too
    binary: bool = True  # else the PLY is ASCII
    window: Window | VoiLut | None = None  # of the PNG; None: the slice's own
    blend: int = 100  # how much of the PNG's second picture is AI, in per cent


@dataclass(slots=True)
class Batch:
    """A run over many inputs. `refuse` hears at once of everything that failed, as the number of
    its argument, counted from 1, and a sentence.
    """

    paths: Sequence[Path]
    wish: Wish
    refuse: Refuse
    report: Report = silent
    taken: set[str] = field(default_factory=set)
    _uid_map: "UidMap | None" = None  # all derived objects of a run belong together
    _spare: "JointModel | None" = None  # on the CPU, once a graphics processor's memory was full
    _numbers: dict[int, int] = field(default_factory=dict)  # of slices, where their own are no use

    def run(self) -> dict[str, Any]:
        """Do it all and write `report.json`; gives what is in it.

        Raises JRViewerError when there is no model or nothing can be written, as then no input can
        succeed.
        """
        from jrviewer import dicom
        from jrviewer.model.load import load_model
        from jrviewer.model.predict import make_pool

        _make_folder(self.wish.out)
        model = load_model(self.wish.device)
        with make_pool(model, run_anyway=self.wish.run_anyway) as pool:
            opened = dicom.read(
                self.paths,
                lambda done, what: self.report(done * READING, what),
                # What is read is predicted while the rest is read.
                on_slice=pool.begin if self.wish.index is None else None,
            )
            self.expect(opened.series)
            results = [*self._refusals(opened), *self._predicted(pool, opened.series)]
        summary = {
            "model": model.name,
            "weights_sha256": model.weights_sha256,
            "device": model.device,
            "results": sorted(results, key=lambda result: result["argument"]),
        }
        _write_report(self.wish.out / "report.json", summary, _identifiers(opened.series))
        return summary

    def _refusals(self, opened: "Opened") -> Iterator[Result]:
        for refused in opened.refused:
            yield self._failed(argument_number(refused.path, self.paths), refused.message)

    def _predicted(self, pool: "AtWork", opened: Sequence[Series]) -> Iterator[Result]:
        chosen = [one for series in opened for one in self._chosen(series)]
        outcomes = pool.results(one for one in chosen if isinstance(one, Slice))
        for number, one in enumerate(chosen):
            done = READING + (1 - READING) * number / len(chosen)
            self.report(done, f"slice {number + 1} of {len(chosen)}")
            yield self._result(one, next(outcomes)) if isinstance(one, Slice) else one

    def _on_the_cpu(self, slice_: Slice) -> Prediction | JRViewerError:
        """For the slice that a graphics processor had no memory left for."""
        from jrviewer.model.load import load_model
        from jrviewer.model.predict import predict

        self._spare = self._spare or load_model("cpu")
        try:
            return predict(self._spare, slice_, run_anyway=self.wish.run_anyway)
        except JRViewerError as error:
            return error

    def _chosen(self, series: Series) -> Iterator[Slice | Result]:
        index = self.wish.index
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
            result = self._result(slice_, self._on_the_cpu(slice_))
            return result | {"message": f"{ON_THE_CPU} {result['message']}".strip()}
        if isinstance(outcome, InputRefusedError):
            check = {"input_check": "red", "reasons": list(outcome.reasons)}
            return self._failed(argument, str(outcome), source=sha256, **check)
        if isinstance(outcome, JRViewerError):
            return self._failed(argument, str(outcome), source=sha256)
        return self.export(outcome, argument)

    def expect(self, series: Sequence[Series]) -> None:
        """Number the slices of these series, for derived objects that lose their own numbers."""
        self._numbers = _numbers(series)

    def export(self, prediction: Prediction, argument: int = 0) -> Result:
        """Write the wished kinds of one prediction under a name not `taken` yet; gives its result.

        A failure is told to `refuse` and stands in the result; nothing is raised for one.
        """
        stem = output_stem(prediction.slice, self.taken)
        self.taken.add(stem)
        result = _result_of(argument, prediction.slice.source.pixels_sha256)
        result |= {"seconds": prediction.seconds, **_input_check(prediction.findings)}
        result["removed_marks"] = len(prediction.compute_removed().marks)
        missing: list[str] = []
        failed: list[str] = []
        for kind in (kind for kind in KINDS if kind in self.wish.kinds):
            try:
                reason = self._write(kind, prediction, stem, result)
            except JRViewerError as error:
                failed.append(str(error))
            else:
                missing += [reason] if reason else []
        written = any(result[kind] for kind in KINDS)
        result["message"] = " ".join(dict.fromkeys([*failed, *missing]))
        result["ok"] = written and not failed
        if not result["ok"]:
            self.refuse(argument, result["message"])
        return result

    def _write(self, kind: str, prediction: Prediction, stem: str, result: Result) -> str:
        """Write one kind of export into the result; gives the reason where there is none to be,
        or what to know of it.
        """
        out = self.wish.out
        if kind == "ply":
            if prediction.cloud is None:
                return prediction.no_cloud_reason
            result["points"] = write_ply(
                prediction,
                out / f"{stem}.ply",
                points=self.wish.points,
                binary=self.wish.binary,
                with_skin=self.wish.with_skin,
            )
            result["ply"] = f"{stem}.ply"
        elif kind == "png":
            window = self.wish.window or default_window(prediction.slice)
            write_png(prediction, out / f"{stem}.png", window, blend=self.wish.blend)
            result["png"] = f"{stem}.png"
        else:
            face = may_show_face(prediction)
            self._write_derived(prediction, out / f"{stem}.denoised.dcm", face=face)
            result["dcm"] = f"{stem}.denoised.dcm"
            return FACE if face and self.wish.deidentify else ""
        return ""

    def _write_derived(self, prediction: Prediction, path: Path, *, face: bool) -> None:
        from jrviewer import dicom

        self._uid_map = self._uid_map or dicom.UidMap()
        dicom.write_derived(
            prediction,
            path,
            lines=[*provenance.describe(prediction, 0), provenance.unsealed()],
            seal=provenance.sealed,
            deidentified=self.wish.deidentify,
            face=face,
            uid_map=self._uid_map,
            number=self._numbers.get(id(prediction.slice)),
            removed_marks=len(prediction.compute_removed().marks),
        )

    def _failed(self, argument: int, sentence: str, **known: Any) -> Result:  # noqa: ANN401 - JSON
        self.refuse(argument, sentence)
        return _result_of(argument, known.pop("source", None)) | {"message": sentence, **known}


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


def _result_of(argument: int, source: str | None) -> Result:
    """A result in which nothing has come true yet."""
    return {
        "source": source,
        "argument": argument,
        "ok": False,
        "message": "",
        "ply": None,
        "png": None,
        "dcm": None,
        "points": None,
        "seconds": None,
        "input_check": None,
        "reasons": [],
        "removed_marks": None,
    }


def _input_check(findings: Sequence[Finding]) -> dict[str, Any]:
    levels = {finding.level for finding in findings}
    worst = next((level for level in ("red", "amber") if level in levels), "green")
    return {"input_check": worst, "reasons": [finding.sentence for finding in findings]}


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            "The output folder cannot be made there. Choose another one; nothing was written."
        ) from error


def _numbers(opened: Sequence[Series]) -> dict[int, int]:
    """Numbers from 1 for the slices of series whose own are missing or not all different."""
    numbers: dict[int, int] = {}
    for series in opened:
        own = [one.acquisition.instance_number for one in series]
        if None in own or len(set(own)) < len(own):
            numbers |= {id(one): place for place, one in enumerate(series, start=1)}
    return numbers


def _identifiers(opened: Sequence[Series]) -> frozenset[str]:
    return frozenset().union(*(one.source.identifiers for series in opened for one in series))


def _write_report(path: Path, summary: dict[str, Any], identifiers: frozenset[str]) -> None:
    content = json.dumps(summary, indent=1).encode("ascii") + b"\n"
    # Its sentences are our own, so short words in them that are also names give nobody away.
    if is_leaked("", content, identifiers):
        raise ExportError(
            "The exports are written, but report.json is not: it would hold something that "
            "identifies a patient. Please report this."
        )
    try:
        replace_file(path, content)
    except ExportError as error:
        raise ExportError(f"The exports are written, but report.json is not. {error}") from error
