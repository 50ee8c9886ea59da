"""Jobs that the user waits for, one per lane. Knows the worker thread, but neither the jobs nor any
widget.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.errors import JRViewerError
from jrviewer.ui.jobs.prefetch import Busy
from jrviewer.ui.jobs.worker_thread import Ticket, WorkerThread

Handler = Callable[[Any], None]

NEVER_CANCELLED = "model"  # the lane of loading the model, without which nothing works


class Foreground(QObject):
    """Runs jobs and passes on their results. Tickets of other users of the thread are ignored."""

    busy = Signal(object)  # Busy
    idle = Signal()
    refused = Signal(str, object)  # lane, JRViewerError
    crashed = Signal(str)  # lane
    shared = Signal(str, object)  # lane, part of a result
    cancelled = Signal(str)  # lane whose job the user stopped

    def __init__(self, worker_thread: WorkerThread, parent: QObject) -> None:
        super().__init__(parent)
        self._worker_thread = worker_thread
        self._tickets: dict[str, Ticket] = {}
        self._handlers: dict[str, Handler] = {}
        self._since: dict[str, float] = {}
        worker_thread.progressed.connect(self._progress)
        worker_thread.shared.connect(self._share)
        worker_thread.finished.connect(self._finish)
        worker_thread.refused.connect(self._refuse)
        worker_thread.crashed.connect(self._break)

    def start(
        self,
        lane: str,
        what: str,
        job: Callable[..., object],
        handler: Handler,
        *,
        shares: bool = False,
    ) -> None:
        """Start a job. The handler gets its result, unless it is cancelled or its lane gets a newer
        job.
        """
        self._handlers[lane] = handler
        self._since[lane] = monotonic()
        self._tickets[lane] = self._worker_thread.submit(lane, job, shares=shares)
        self.busy.emit(Busy(what))

    @property
    def is_busy(self) -> bool:
        """Whether the user waits for anything."""
        return bool(self._tickets)

    def is_running(self, lane: str) -> bool:
        """Whether a lane has a job."""
        return lane in self._tickets

    def discard(self, lane: str) -> None:
        """Cancel a lane's job."""
        self._worker_thread.cancel(lane)
        self._forget(lane)

    def cancel(self) -> None:
        """Cancel everything but loading the model."""
        for lane in set(self._tickets) - {NEVER_CANCELLED}:
            self.discard(lane)
            self.cancelled.emit(lane)
        self.check_idle()

    def check_idle(self) -> None:
        """Emit `idle` if no job is left."""
        if not self._tickets:
            self.idle.emit()

    def _forget(self, lane: str) -> Handler | None:
        """Nothing is kept of a job that is over; gives who waited for it."""
        self._tickets.pop(lane, None)
        self._since.pop(lane, None)
        return self._handlers.pop(lane, None)

    def _is_own(self, ticket: Ticket) -> bool:
        return self._tickets.get(ticket.lane) is ticket

    @Slot(object, float, str)
    def _progress(self, ticket: Ticket, fraction: float, what: str) -> None:
        if self._is_own(ticket):
            self.busy.emit(Busy(what, fraction, monotonic() - self._since[ticket.lane]))

    @Slot(object, object)
    def _share(self, ticket: Ticket, part: object) -> None:
        if self._is_own(ticket):
            self.shared.emit(ticket.lane, part)

    @Slot(object, object)
    def _finish(self, ticket: Ticket, result: object) -> None:
        if self._is_own(ticket):
            if handler := self._forget(ticket.lane):
                handler(result)
            self.check_idle()

    @Slot(object, object)
    def _refuse(self, ticket: Ticket, error: JRViewerError) -> None:
        if self._is_own(ticket):
            self._forget(ticket.lane)
            self.check_idle()
            self.refused.emit(ticket.lane, error)

    @Slot(object)
    def _break(self, ticket: Ticket) -> None:
        if self._is_own(ticket):
            self._forget(ticket.lane)
            self.check_idle()
            self.crashed.emit(ticket.lane)
