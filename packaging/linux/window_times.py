"""How soon the window paints another slice, and how long it keeps the user waiting meanwhile.

`xvfb-run -a -s "-screen 0 1600x1000x24" python packaging/linux/window_times.py`, from the source. A
series of the bundled 512 × 512 slice is opened with the 3D pane in sight. Slice change: from the
request to the flush after the 2D pane was painted, and after the 3D pane was. GUI gap: how long the
event loop takes to come back to a timer that is always due, idle and while the model runs
through the series. Medians, 99th percentiles and maxima in milliseconds, as JSON, and what the
process held of memory. numpy is not imported here: jrviewer says before how its threads wait.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer

from jrviewer import dicom
from jrviewer.core import malloc
from jrviewer.core.resources import resource
from jrviewer.diagnostics.throughput import memory_mb, peak_memory_mb, write_series
from jrviewer.ui import app
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Session
from jrviewer.ui.window.main_window import MainWindow

PATIENCE_S = 300.0  # for 300 slices beside other programs, too
IDLE_S = 2.0
SETTLING_S = 0.15


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=24)
    parser.add_argument("--changes", type=int, default=60)
    arguments = parser.parse_args()
    malloc.configure()  # as `python -m jrviewer` does
    application = app.create_application()  # noqa: F841 - must live
    with tempfile.TemporaryDirectory() as folder:
        sample = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
        write_series(sample, arguments.slices, Path(folder))
        preferences = Preferences()
        preferences.put("settings/prefetches", value=False)
        start = app.StartUp([Path(folder)], preferences=preferences)
        start.begin()
        session, window = start.session, start.window
        _until(lambda: session.prediction is not None and window.cloud.interactor is not None)
        _linger(IDLE_S)
        found: dict[str, Mapping[str, float | None]] = {}
        found["gap_idle_ms"] = _gaps(lambda: _linger(IDLE_S))
        found["gap_while_the_model_runs_ms"] = _gaps(lambda: _run_series(session))
        held_mb = memory_mb()
        found |= _changes(window, arguments.changes)
        found["memory_mb"] = {"after the series": held_mb, "at most": peak_memory_mb()}
        window.close()
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def _run_series(session: Session) -> None:
    done: list[bool] = []
    assert session.series is not None
    session.prefetcher.series_done.connect(lambda *_: done.append(True))
    begun = time.perf_counter()
    session.run_series()
    _until(lambda: bool(done))
    count = len(session.series) - 1
    sys.stderr.write(f"{count / (time.perf_counter() - begun):.1f} slices/s\n")


class _Watch(QObject):
    """Counts how often the 2D pane is painted, and flushed with the window, and the 3D drawn."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.painted = self.flushed = self.drawn = 0
        window.original.installEventFilter(self)
        interactor = window.cloud.interactor
        assert interactor is not None
        assert interactor.ren_win is not None
        interactor.frameSwapped.connect(self._flush)
        interactor.ren_win.AddObserver("EndEvent", self._draw)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.painted += event.type() == QEvent.Type.Paint
        return False

    def _flush(self) -> None:
        self.flushed = self.painted

    def _draw(self, *_: object) -> None:
        self.drawn += 1


def _changes(window: MainWindow, count: int) -> dict[str, dict[str, float]]:
    """Milliseconds of slice changes to and fro, and how often each let the 3D be drawn."""
    session, watch = window.session, _Watch(window)
    assert session.series is not None
    flat, solid, renders = [], [], []
    step = 1
    for _ in range(count):
        if not 0 <= session.index + step < len(session.series):
            step = -step
        _linger(SETTLING_S)
        painted, drawn = watch.painted, watch.drawn
        begun = time.perf_counter()
        session.step(step)
        _until(partial(_is_beyond, watch, "flushed", painted))
        flat.append(time.perf_counter() - begun)
        _until(partial(_is_beyond, watch, "drawn", drawn))
        solid.append(time.perf_counter() - begun)
        _linger(SETTLING_S)
        renders.append((watch.drawn - drawn) / 1e3)
    return {
        "change_to_painted_ms": _summary(flat),
        "change_to_drawn_in_3d_ms": _summary(solid),
        "renders_per_change": _summary(renders),
    }


def _is_beyond(watch: _Watch, what: str, before: int) -> bool:
    return int(getattr(watch, what)) > before


def _gaps(work: Callable[[], None]) -> dict[str, float]:
    gaps: list[float] = []
    last = time.perf_counter()

    def beat() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append(now - last)
        last = now

    heart = QTimer()
    heart.timeout.connect(beat)
    heart.start(1)
    work()
    heart.stop()
    return _summary(gaps)


def _summary(seconds: list[float]) -> dict[str, float]:
    ms = [1e3 * one for one in seconds]
    hundredths = statistics.quantiles(ms, n=100, method="inclusive")
    return {
        "median": round(hundredths[49], 1),
        "p99": round(hundredths[98], 1),
        "max": round(max(ms), 1),
    }


def _linger(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def _until(reached: Callable[[], bool]) -> None:
    """Run the event loop as the app does until something has come true."""
    begun = time.perf_counter()
    loop, look = QEventLoop(), QTimer(interval=1)
    look.timeout.connect(lambda: loop.quit() if reached() or _is_late(begun) else None)
    look.start()
    loop.exec()
    if not reached():
        raise SystemExit("Gave up waiting.")


def _is_late(begun: float) -> bool:
    return time.perf_counter() - begun > PATIENCE_S


if __name__ == "__main__":
    sys.exit(main())
