"""A run over any number of files: look, then series by series, a record for every slice.

Started again it does only what is missing or has changed. Memory holds one bundle of series.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jrviewer.batch.bundle import Batch, Kind, Outcome, Refuse, make_folder
from jrviewer.batch.columns import write_columns
from jrviewer.batch.folder_lock import FolderLock
from jrviewer.batch.job import Job, forget_key, kept_uid_map
from jrviewer.batch.manifest import Manifest, Record
from jrviewer.batch.plan import Group, Plan, bundles
from jrviewer.batch.results import Results
from jrviewer.batch.summary_page import write_summary
from jrviewer.batch.time_left import TimeLeft
from jrviewer.core.progress import Report, silent
from jrviewer.export.own_exports import is_export_file
from jrviewer.export.report import empty_result, is_safe, write_report
from jrviewer.export.writer import FACE, ExportWriter

if TYPE_CHECKING:
    from jrviewer.dicom import Looked
    from jrviewer.model.joint_model import JointModel

MOST_PICTURES = 200  # of slices that should be looked at, in one run
LEFT_OUT = "The details are left out, as they would hold something that identifies a patient."
USELESS = (
    "The DICOMDIR lists no image that could be opened. Copy the whole disc or folder, and open "
    "it again."
)


@dataclass(slots=True)
class Summary:
    """How a run ended."""

    total: int  # slices, and files without any
    done: int
    earlier: int  # of an earlier run
    short_of_strength: int  # that lost less noise than was asked for
    report: str  # the name of its file
    shows_face: bool


def run(
    paths: Sequence[Path],
    job: Job,
    refuse: Refuse,
    report: Report = silent,
    *,
    go: "Callable[[Run, Job], None]" = lambda run, job: run.go(),
) -> Summary:
    """Predict and export every slice that is not done yet, and write report and summary.

    Exports among the inputs are passed over. `refuse` is called at once for everything that fails,
    is passed over or needs a warning, with the number of its argument, counted from 1, and a
    sentence. `go` does what is planned, here or, as `batch.cluster` does, elsewhere. Raises
    JRViewerError when there is no model or nothing can be written, as then no input can succeed.
    """
    with open_run(job, refuse, report) as one:
        look(paths, one.plan, refuse, report)
        go(one, job)
        return one.end()


@contextmanager
def open_run(
    job: Job,
    refuse: Refuse,
    report: Report = silent,
    *,
    model: "JointModel | None" = None,
    key: bytes = b"",
) -> "Iterator[Run]":
    """A run into a folder that is locked meanwhile, with nothing planned yet. `model`: one that is
    loaded already; `key`: of the new UIDs, where the run has not begun with another.
    """
    from jrviewer.model.load import load_model

    folder = job.request.folder
    make_folder(folder)
    with FolderLock(folder):
        model = model or load_model(job.options.device)
        with (
            closing(Manifest(folder, job.digest(model.weights_sha256))) as manifest,
            closing(Plan()) as plan,
            closing(Results()) as results,
        ):
            uid_map = kept_uid_map(folder, key)
            writer = ExportWriter(job.request, (), uid_map, manifest.reservations.reserve)
            batch = Batch(model, writer, job.options, refuse)
            yield Run(folder, batch, manifest, plan, results, report)


def look(paths: Sequence[Path], plan: Plan, refuse: Refuse, report: Report) -> None:
    """Plan all files but exports of an earlier run, of which the number is said."""
    from jrviewer import dicom

    own: Counter[int] = Counter()
    for file in dicom.look(paths, lambda done, what: report(done, f"{what}: {plan.files}")):
        if is_export_file(file.path, file.member):
            own[file.argument] += 1
        else:
            plan.add(file)
    for argument, count in sorted(own.items()):
        files = "1 file is an export" if count == 1 else f"{count} files are exports"
        refuse(argument, f"{files} of JRViewer: passed over.")


@dataclass(slots=True)
class Run:
    """From planned files to records."""

    folder: Path
    batch: Batch
    manifest: Manifest
    plan: Plan
    results: Results
    report: Report
    is_over: Callable[[], bool] = lambda: False  # whether to end after the slice at work
    heard: Callable[[Record], None] = lambda record: None  # gets every new record
    failed: bool = False  # something may succeed another time
    shows_face: bool = False
    pictures: int = 0
    time_left: TimeLeft = field(init=False)

    def __post_init__(self) -> None:
        self.time_left = TimeLeft(silent, 0)

    def go(self) -> None:
        """Do all that is missing."""
        self.begin()
        for bundle in bundles(self.unfinished()):
            self.do(bundle)
        self.close()

    def begin(self) -> None:
        """Count what is planned, and note what cannot be read."""
        self.time_left = TimeLeft(self.report, self.plan.frames)
        for file in self.plan.refused():
            self.refuse(file)

    def close(self) -> None:
        """Note DICOMDIRs of which nothing was shown."""
        for directory in self.plan.useless_directories():
            self.note(self.batch.failed(directory.argument, USELESS, "refused", ""))

    def refuse(self, file: "Looked") -> None:
        """Note a file that could not even be looked at."""
        key = f"{file.sha256}.0" if file.sha256 else ""
        kind: Kind = "refused" if key else "failed"
        outcome = self.batch.failed(file.argument, file.refusal, kind, key)
        self.note(outcome, is_new=not key or key not in self.manifest)

    def unfinished(self) -> Iterator[Group]:
        """Groups of which something is to be done; what is known of the others is noted."""
        for group in self.plan.groups():
            if self.is_finished(group):
                self.recall(group)
            else:
                yield group

    def is_finished(self, group: Group) -> bool:
        """Whether an earlier run came to the end of this very group, and all exports are there."""
        if name_of(group) not in self.manifest:
            return False
        records = (one for file in group.files for one in self.manifest.of_file(file.sha256))
        return all(record["key"] in self.manifest for record in records)

    def recall(self, group: Group) -> list[str]:
        """Note the results of an earlier run; returns their keys."""
        known: list[str] = []
        files: dict[str, Looked] = {}  # without copies
        for file in group.files:
            files.setdefault(file.sha256, file)
        for file in files.values():
            for record in list(self.manifest.of_file(file.sha256)):
                if self.is_done(record["key"]):
                    self._add(file, record)
                    known.append(record["key"])
        return known

    def _add(self, file: "Looked", record: Record) -> None:
        self.results.add(record | {"argument": file.argument}, earlier=True)
        self.shows_face = self.shows_face or FACE in record["message"]
        self.plan.show(file)
        self.time_left.skip(1)

    def is_done(self, key: str) -> bool:
        """Whether a slice is done, or refused for good."""
        record = self.manifest.find(key) if key in self.manifest else None
        return record is not None and record["outcome"] != "failed"

    def do(self, groups: Sequence[Group]) -> bool:
        """Do what is missing of some groups; False where something is left for another time."""
        for group in groups:
            self.recall(group)
        files = [file for group in groups for file in group.files]
        self.time_left.tick()
        has_failed = False
        for outcome in self.batch.outcomes(
            files, self.is_done, lambda done, what: self.time_left.tick()
        ):
            self.note(outcome)
            has_failed = has_failed or outcome.kind == "failed"
            self.time_left.count()
            if self.is_over():
                return False
        self.finish(groups, has_failed=has_failed)
        return not has_failed

    def finish(self, groups: Sequence[Group], *, has_failed: bool) -> None:
        """Record that some groups came to their end, and that nothing of them is left to do."""
        for file in (file for group in groups for file in group.files):
            if any(self.manifest.of_file(file.sha256)):
                self.plan.show(file)
        for group in groups:
            if not has_failed and all(file.sha256 for file in group.files):
                self.manifest.commit(name_of(group), {"outcome": "group"})

    def note(self, outcome: Outcome, *, is_new: bool = True) -> None:
        """Record an outcome and keep its result for the report."""
        self.keep(outcome.key, record_of(outcome), is_new=is_new)

    def keep(self, key: str, record: Record, *, is_new: bool = True, sync: bool = True) -> None:
        """Add a record to the manifest, and its result to the report."""
        if record["thumbnail"]:
            self.pictures += 1
            if self.pictures > MOST_PICTURES:
                record["thumbnail"] = ""
        if is_new:
            self.manifest.commit(key, record, sync=sync)
            self.heard(record)
        self.results.add(record)
        self.failed = self.failed or record["outcome"] == "failed"
        self.shows_face = self.shows_face or FACE in record["message"]

    def end(self) -> Summary:
        """Write report, summary and table. Raises ExportError."""
        results, model = self.results, self.batch.model
        if not self.failed:
            forget_key(self.folder)
        about: dict[str, Any] = {
            "model": model.name,
            "weights_sha256": model.weights_sha256,
            "device": model.device,
        }
        name = write_report(self.folder, about, results)
        write_summary(self.folder, about, self.manifest)
        write_columns(self.folder, self.manifest)
        counts = results.total, results.done, results.earlier, results.short_of_strength
        return Summary(*counts, name, self.shows_face)


def record_of(outcome: Outcome) -> Record:
    """What the manifest says of a slice: nothing of a patient."""
    about = {"outcome": outcome.kind, "series": outcome.series, "thumbnail": outcome.thumbnail}
    if is_safe(outcome.result | {"series": outcome.series}, outcome.identifiers):
        return {**outcome.result, **about}
    result = outcome.result
    kept = empty_result(result["argument"], result["source"])
    return {**kept, "ok": result["ok"], "message": LEFT_OUT, **about, "thumbnail": ""}


def name_of(group: Group) -> str:
    """Names a group by the content of all its files."""
    contents = sorted(file.sha256 for file in group.files)
    return f"group {hashlib.sha256(' '.join(contents).encode()).hexdigest()}"
