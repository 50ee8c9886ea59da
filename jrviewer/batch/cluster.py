"""The same work on a Dask scheduler: a task is a bundle of series, or a part of a long one; workers
write exports and records themselves.

Whatever reaches a log, an exception or a dashboard is the number of a task. Nothing but paths,
options and records goes through the scheduler; pixels and weights do not. A task that is tried
again finds the records of the first attempt.
"""

import functools
import math
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jrviewer.batch.bundle import Batch
from jrviewer.batch.cluster_client import client_of
from jrviewer.batch.job import Job, kept_key
from jrviewer.batch.manifest import Record, Records, forget_records, take_records
from jrviewer.batch.plan import Group, bundles
from jrviewer.batch.run import Run, record_of
from jrviewer.core import malloc
from jrviewer.core.errors import JRViewerError
from jrviewer.dicom import Looked, UidMap
from jrviewer.export.writer import ExportWriter

if TYPE_CHECKING:
    from jrviewer.model.joint_model import JointModel

MOST_IN_FLIGHT = 10_000  # tasks that the scheduler knows
A_WORKER = 4  # tasks in flight for each of its threads
PART = 100  # files of a long series that one task does at most, where it is shared out
FEW = 4  # series for each thread: from there on a series is one task
RETRIES = 2
LOST = "A worker was lost with this task. Start again: only what is missing is done."

_loading = threading.Lock()


@dataclass(frozen=True, repr=False)
class Task:
    """A bundle of files; told only by its number."""

    number: int
    job: Job
    key: bytes  # of the new UIDs
    files: tuple[Looked, ...]
    done: frozenset[str]

    def __repr__(self) -> str:
        return f"task {self.number}"


@dataclass(frozen=True, repr=False)
class Answer:
    """What became of a task."""

    records: list[tuple[str, Record]]
    refusals: list[tuple[int, str]]
    fault: str = ""  # a sentence, or the kind of what went wrong

    def __repr__(self) -> str:
        return f"answer of {len(self.records)} records"


def go_on_cluster(run: Run, job: Job, where: str) -> None:
    """Do all that is missing on a cluster: “local:N” starts N workers here, “tcp://HOST:PORT” and
    “tls://HOST:PORT” name a scheduler. Raises JRViewerError.
    """
    with client_of(where) as (client, threads):
        _go(run, job, client, threads)
    take_records(run.folder, run.manifest)


@dataclass(slots=True)
class _Bundle:
    """Groups and how many of their tasks are still out."""

    groups: list[Group]
    left: int
    has_failed: bool = False


def _go(run: Run, job: Job, client: Any, threads: int) -> None:  # noqa: ANN401 - without types
    from distributed import as_completed

    run.begin()
    key = kept_key(run.folder)
    waiting: dict[Any, _Bundle] = {}
    tasks = _tasks(run, job, key, threads)
    answers = as_completed(raise_errors=False)  # type: ignore[no-untyped-call]

    def submit() -> None:
        for task, bundle in tasks:
            name = f"jrviewer-{os.getpid()}-{task.number}"
            future = client.submit(work, task, key=name, retries=RETRIES, pure=False)
            waiting[future] = bundle
            answers.add(future)  # type: ignore[no-untyped-call]
            return

    for _ in range(min(MOST_IN_FLIGHT, A_WORKER * threads)):
        submit()
    for future in answers:
        _note(run, waiting.pop(future), future)
        future.release()
        submit()
    run.close()


def _tasks(run: Run, job: Job, key: bytes, threads: int) -> Iterator[tuple[Task, _Bundle]]:
    """Every task with its bundle, when it is its turn. A long series is shared out only where there
    are too few series for all threads, as every task of it reads all of it for the order.
    """
    number = 0
    are_few = run.plan.count_groups() < FEW * threads
    for groups in bundles(run.unfinished()):
        done = frozenset(known for group in groups for known in run.recall(group))
        files = tuple(file for group in groups for file in group.files)
        parts = threads * math.ceil(len(files) / (PART * threads)) if are_few else 1
        size = math.ceil(len(files) / parts)
        starts = range(0, len(files), size)
        bundle = _Bundle(groups, len(starts))
        for start in starts:
            number += 1
            others = frozenset(keys_of((*files[:start], *files[start + size :])))
            yield Task(number, job, key, files, done | others), bundle


def keys_of(files: Sequence[Looked]) -> Iterator[str]:
    """The keys of all slices of some files."""
    for file in files:
        yield from (f"{file.sha256}.{frame}" for frame in range(file.frames))


def _note(run: Run, bundle: _Bundle, future: Any) -> None:  # noqa: ANN401 - without types
    """Put an answer into the manifest."""
    answer = future.result() if future.status == "finished" else Answer([], [], LOST)
    for argument, sentence in answer.refusals:
        run.batch.refuse(argument, sentence)
    last = len(answer.records)
    for number, (key, record) in enumerate(answer.records, start=1):
        run.keep(key, record, sync=number == last)
        run.time_left.count()
    if answer.fault:
        file = bundle.groups[0].files[0]
        run.note(run.batch.failed(file.argument, answer.fault, "failed", ""))
    failed = any(one["outcome"] == "failed" for _, one in answer.records)
    bundle.has_failed = bundle.has_failed or failed or bool(answer.fault)
    bundle.left -= 1
    if bundle.left == 0:
        run.finish(bundle.groups, has_failed=bundle.has_failed)
    forget_records(run.folder, (key for key, _ in answer.records))


def work(task: Task) -> Answer:
    """On a worker: read, predict and export a bundle. Whatever goes wrong is told without words of
    others, which may name a patient.
    """
    try:
        return _worked(task)
    except JRViewerError as error:
        return Answer([], [], str(error))
    except Exception as error:  # noqa: BLE001 - a traceback would show paths on the dashboard
        return Answer([], [], f"A task ended with a {type(error).__name__}.")


def _worked(task: Task) -> Answer:
    folder, options = task.job.request.folder, task.job.options
    model = _loaded(options.device)
    records = Records(folder, f"{task.number}", task.job.digest(model.weights_sha256), task.done)
    records.recall(key for key in keys_of(task.files) if key not in task.done)
    refusals: list[tuple[int, str]] = []
    writer = ExportWriter(task.job.request, (), UidMap(task.key), records.reservations.reserve)
    batch = Batch(
        model,
        writer,
        options,
        lambda argument, sentence: refusals.append((argument, sentence)),
        processors=_processors_here(),
    )
    for outcome in batch.outcomes(task.files, records.__contains__):
        records.commit(outcome.key, record_of(outcome))
    return Answer(records.kept, refusals)


def _loaded(device: Any) -> "JointModel":  # noqa: ANN401 - a name of a device
    """One model a worker."""
    with _loading:
        return _load_once(device)


@functools.cache
def _load_once(device: Any) -> "JointModel":  # noqa: ANN401 - a name of a device
    from jrviewer.model.devices import use_threads
    from jrviewer.model.load import load_model

    malloc.configure()  # Dask has told glibc to give back whatever it can, which costs a third
    model = load_model(device)
    use_threads(1)
    return model


def _processors_here() -> int:
    """How many processors a thread of this worker has: one, where nobody says otherwise, so that
    workers which share a computer do not share a processor.
    """
    return max(1, int(os.environ.get("JRVIEWER_SLICES_AT_ONCE", "1")))
