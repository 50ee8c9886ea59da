"""The worker thread. No other module knows threads.

Work is `work(report) -> result`, plain Python without Qt. It runs in a lane; the newest request of
a lane wins, and results of older tickets are dropped.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from jrviewer.core.errors import Cancelled, JRViewerError
from jrviewer.core.progress import Report

Work = Callable[..., Any]  # work(report), or work(report, share) if submitted as sharing

REPORT_INTERVAL_S = 0.03  # a folder of a thousand files must not flood the event loop
_DROPPED = object()


class Ticket:
    """One request, compared by identity."""

    def __init__(self, lane: str, work: Work, *, shares: bool = False) -> None:
        self.lane = lane
        self.work = work
        self.shares = shares
        self.cancelled = False


class _Runner(QObject):
    """Lives in the worker thread and runs one ticket after the other."""

    progressed = Signal(object, float, str)
    shared = Signal(object, object)  # ticket, part of its result
    ended = Signal(object, object, object)  # ticket, result, exception

    @Slot(object)
    def run(self, ticket: Ticket) -> None:
        result, problem = _DROPPED, None
        try:
            if not ticket.cancelled:
                share = [partial(self.shared.emit, ticket)] if ticket.shares else []
                result = ticket.work(self._report_of(ticket), *share)
        except Cancelled:
            result = _DROPPED
        except Exception as error:  # noqa: BLE001 - passed to the GUI thread, which handles it
            problem = error
        self.ended.emit(ticket, result, problem)

    def _report_of(self, ticket: Ticket) -> Report:
        last = 0.0

        def report(fraction: float, what: str) -> None:
            nonlocal last
            if ticket.cancelled:
                raise Cancelled
            if time.monotonic() - last >= REPORT_INTERVAL_S:
                last = time.monotonic()
                self.progressed.emit(ticket, fraction, what)

        return report


class WorkerThread(QObject):
    """Runs work on one persistent thread and emits its outcome on the GUI thread.

    Every ticket ends with exactly one of `finished` (a result), `refused` (a message for the user)
    and `crashed` (a bug, which `sys.excepthook` got too), or with nothing if it was cancelled or
    replaced by a newer one. Work submitted as sharing is `work(report, share)`; partial results are
    emitted as `shared`.
    """

    progressed = Signal(object, float, str)
    shared = Signal(object, object)
    finished = Signal(object, object)
    refused = Signal(object, object)
    crashed = Signal(object)
    _submitted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current: dict[str, Ticket] = {}
        self._thread = QThread()
        self._thread.setObjectName("worker")
        self._worker = _Runner()
        self._worker.moveToThread(self._thread)
        self._submitted.connect(self._worker.run)
        self._worker.progressed.connect(self._progress)
        self._worker.shared.connect(self._share)
        self._worker.ended.connect(self._end)
        self._thread.start()

    def submit(self, lane: str, work: Work, *, shares: bool = False) -> Ticket:
        """Queue work; the lane's previous work is cancelled."""
        self.cancel(lane)
        ticket = Ticket(lane, work, shares=shares)
        self._current[lane] = ticket
        self._submitted.emit(ticket)
        return ticket

    def cancel(self, lane: str) -> bool:
        """Cancel the lane's request. Returns whether there was one."""
        ticket = self._current.pop(lane, None)
        if ticket is not None:
            ticket.cancelled = True
        return ticket is not None

    def stop(self) -> None:
        """Cancel everything and wait for the thread to end; nothing is emitted afterwards."""
        for lane in list(self._current):
            self.cancel(lane)
        self._thread.quit()
        self._thread.wait()

    @Slot(object, float, str)
    def _progress(self, ticket: Ticket, fraction: float, what: str) -> None:
        if self._current.get(ticket.lane) is ticket:
            self.progressed.emit(ticket, fraction, what)

    @Slot(object, object)
    def _share(self, ticket: Ticket, part: object) -> None:
        if self._current.get(ticket.lane) is ticket:
            self.shared.emit(ticket, part)

    @Slot(object, object, object)
    def _end(self, ticket: Ticket, result: object, problem: Exception | None) -> None:
        is_stale = self._current.get(ticket.lane) is not ticket
        if not is_stale:
            del self._current[ticket.lane]
        if problem is not None and not isinstance(problem, JRViewerError):
            sys.excepthook(type(problem), problem, problem.__traceback__)
            if not is_stale:
                self.crashed.emit(ticket)
        elif is_stale:
            return
        elif problem is not None:
            self.refused.emit(ticket, problem)
        else:
            self.finished.emit(ticket, result)
