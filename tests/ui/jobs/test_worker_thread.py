from collections.abc import Iterator
from threading import Event

import pytest
from PySide6.QtCore import QObject, QThread, Slot
from pytestqt.qtbot import QtBot

from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import Report
from jrviewer.ui.jobs.worker_thread import Ticket, WorkerThread

PATIENCE_S = 10


class Told(QObject):
    """Writes down what a Background says, and on which thread."""

    def __init__(self, worker_thread: WorkerThread) -> None:
        super().__init__()
        self.results: list[object] = []
        self.refusals: list[str] = []
        self.bugs: list[Ticket] = []
        self.progress: list[tuple[float, str]] = []
        self.threads: set[QThread] = set()
        worker_thread.finished.connect(self.finish)
        worker_thread.refused.connect(self.refuse)
        worker_thread.crashed.connect(self.break_)
        worker_thread.progressed.connect(self.move_on)

    @Slot(object, object)
    def finish(self, ticket: Ticket, result: object) -> None:
        self.results.append(result)
        self.threads.add(QThread.currentThread())

    @Slot(object, object)
    def refuse(self, ticket: Ticket, error: JRViewerError) -> None:
        self.refusals.append(str(error))

    @Slot(object)
    def break_(self, ticket: Ticket) -> None:
        self.bugs.append(ticket)

    @Slot(object, float, str)
    def move_on(self, ticket: Ticket, fraction: float, what: str) -> None:
        self.progress.append((fraction, what))


@pytest.fixture
def worker_thread(qtbot: QtBot) -> Iterator[WorkerThread]:
    worker_thread = WorkerThread()
    yield worker_thread
    worker_thread.stop()


@pytest.fixture
def told(worker_thread: WorkerThread) -> Told:
    return Told(worker_thread)


def test_a_result_arrives_on_the_gui_thread(
    qtbot: QtBot, worker_thread: WorkerThread, told: Told
) -> None:
    worker_thread.submit("lane", lambda report: QThread.currentThread())

    qtbot.waitUntil(lambda: bool(told.results))
    assert told.results[0] is not QThread.currentThread()
    assert told.threads == {QThread.currentThread()}


def test_the_newest_request_of_a_lane_wins(
    qtbot: QtBot, worker_thread: WorkerThread, told: Told
) -> None:
    may_end = Event()

    def old(report: Report) -> str:
        may_end.wait(PATIENCE_S)
        return "old"

    worker_thread.submit("lane", old)
    worker_thread.submit("lane", lambda report: "never begun")
    worker_thread.submit("lane", lambda report: "new")
    may_end.set()

    qtbot.waitUntil(lambda: bool(told.results))
    assert told.results == ["new"]


def test_lanes_do_not_disturb_each_other(
    qtbot: QtBot, worker_thread: WorkerThread, told: Told
) -> None:
    worker_thread.submit("one", lambda report: 1)
    worker_thread.submit("two", lambda report: 2)

    qtbot.waitUntil(lambda: len(told.results) == 2)
    assert told.results == [1, 2]


def test_a_report_raises_once_the_user_has_moved_on(
    qtbot: QtBot, worker_thread: WorkerThread, told: Told
) -> None:
    began, moved_on = Event(), Event()
    went_on: list[bool] = []

    def work(report: Report) -> None:
        began.set()
        moved_on.wait(PATIENCE_S)
        report(0.5, "half")
        went_on.append(True)

    worker_thread.submit("lane", work)
    began.wait(PATIENCE_S)
    assert worker_thread.cancel("lane")
    moved_on.set()
    worker_thread.submit("other", lambda report: "after")

    qtbot.waitUntil(lambda: told.results == ["after"])
    assert went_on == []


def test_a_refusal_is_no_result(qtbot: QtBot, worker_thread: WorkerThread, told: Told) -> None:
    def work(report: Report) -> None:
        raise JRViewerError("Too large. Choose a smaller one.")

    worker_thread.submit("lane", work)

    qtbot.waitUntil(lambda: bool(told.refusals))
    assert told.refusals == ["Too large. Choose a smaller one."]
    assert told.results == []


def test_any_other_exception_reaches_the_excepthook(
    qtbot: QtBot, worker_thread: WorkerThread, told: Told
) -> None:
    def work(report: Report) -> None:
        raise KeyError("a bug")

    with qtbot.captureExceptions() as bugs:
        worker_thread.submit("lane", work)
        qtbot.waitUntil(lambda: bool(told.bugs))

    assert [kind for kind, _, _ in bugs] == [KeyError]
    assert told.results == []


def test_progress_is_told(qtbot: QtBot, worker_thread: WorkerThread, told: Told) -> None:
    worker_thread.submit("lane", lambda report: report(0.25, "a quarter"))

    qtbot.waitUntil(lambda: bool(told.results))
    assert told.progress == [(0.25, "a quarter")]


def test_stopping_waits_for_the_work_that_runs(qtbot: QtBot) -> None:
    worker_thread, began = WorkerThread(), Event()
    ended: list[bool] = []

    def work(report: Report) -> None:
        began.set()
        try:
            while True:
                report(0.5, "half")
        finally:
            ended.append(True)

    worker_thread.submit("lane", work)
    began.wait(PATIENCE_S)
    worker_thread.stop()

    assert ended == [True]
