"""How long the 3D pane takes for a frame while it is turned, revealed and outlined.

`xvfb-run -a -s "-screen 0 1800x1300x24" python packaging/linux/frame_times.py`, from the source. A
series, the bundled slice again and again unless a folder is given, is opened, and the pane
maximised until the picture itself has 1600 × 1000 pixels. Each state is moved with the mouse, or
its slider with the keyboard: from the event to the picture on the screen. Medians and 90th
percentiles in milliseconds, in which detail frames were drawn in the end (the share of width and
height), and how long the fine frame takes that follows; a line of JSON for each state.

With `--memory 40`: megabytes of the process before the pane is made, with it, with the measured
surface, and after so many series were opened, revealed, turned and closed.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from jrviewer import dicom
from jrviewer.core import malloc
from jrviewer.core.resources import resource
from jrviewer.diagnostics.throughput import memory_mb, write_series
from jrviewer.ui import app
from jrviewer.ui.cloud.interactor import SETTLING_MS, CloudInteractor
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.window.main_window import MainWindow

PATIENCE_S = 60.0
SLIDER = "the slider moves"
SLICES = 24  # of the series made of the bundled one
LEARNING = 8  # frames before the counted ones
# Reveal in per cent, outline.
STATES = {
    "cloud": (0, False),
    "half revealed": (50, False),
    "measured": (100, False),
    "outline": (0, True),
    "outline, half revealed": (50, True),
    "outline, measured": (100, True),
}


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="of a series")
    parser.add_argument("--size", type=int, nargs=2, default=(1600, 1000))
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--state", action="append", help="this one alone, or several")
    parser.add_argument("--at", type=int, help="index of the slice; the middle one if left out")
    parser.add_argument("--memory", type=int, default=0, metavar="SERIES")
    arguments = parser.parse_args()
    malloc.configure()  # as `python -m jrviewer` does
    application = app.create_application()  # noqa: F841 - must live
    with tempfile.TemporaryDirectory() as work:
        folder = arguments.folder or _series(Path(work))
        preferences = Preferences()
        preferences.put("settings/prefetches", value=False)
        preferences.put("settings/first_look", value=False)
        start = app.StartUp([folder], preferences=preferences)
        start.begin()
        window, session = start.window, start.session
        if arguments.memory:
            _measure_memory(window, folder, arguments.memory)
            return 0
        _until(lambda: session.prediction is not None and window.cloud.interactor is not None)
        if session.series is not None:
            middle = len(session.series) // 2
            session.show(middle if arguments.at is None else arguments.at)
        _until(lambda: session.prediction is not None and session.surface.mesh is not None)
        window.cloud.maximise_requested.emit()
        _fit(window, *arguments.size)
        for name in arguments.state or (*STATES, SLIDER):
            if name == SLIDER:
                _tell(name, _slider(window, arguments.frames))
            else:
                _tell(name, _turned(window, *STATES[name], arguments.frames))
        window.close()
    return 0


def _measure_memory(window: MainWindow, folder: Path, count: int) -> None:
    """Open and close the series so often, and draw it in all states each time."""
    session, view = window.session, window.cloud
    at_start = memory_mb()
    _until(lambda: session.prediction is not None)
    found: dict[str, float | None] = {"window": at_start, "first result": memory_mb()}
    _until(lambda: view.interactor is not None and session.surface.mesh is not None)
    view.maximise_requested.emit()
    _linger(1.0)
    found["3D pane, surface measured"] = memory_mb()
    _tell("memory", found)
    for number in range(1, count + 1):
        for reveal, outlined in STATES.values():
            _show(window, reveal, outlined)
        session.close_series(0)
        session.open([folder])
        _until(lambda: session.prediction is not None and session.surface.mesh is not None)
        if number in (1, 2, 5) or number % 10 == 0:
            _tell("memory", {f"after {number} series": memory_mb()})
    window.close()


def _show(window: MainWindow, reveal: int, outlined: bool) -> None:
    window.cloud.toolbar.reveal.slider.setValue(reveal)
    window.cloud.toolbar.eye_dome.setChecked(outlined)
    _linger(0.3)


def _tell(name: str, found: Mapping[str, float | None]) -> None:
    sys.stdout.write(json.dumps({"state": name, **found}) + "\n")
    sys.stdout.flush()


def _series(folder: Path) -> Path:
    sample = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    write_series(sample, SLICES, folder)
    return folder


def _fit(window: MainWindow, width: int, height: int) -> None:
    """Make the window so large that the picture has a size."""
    canvas = _canvas(window)
    for _ in range(3):
        _linger(0.3)
        more = width - canvas.width(), height - canvas.height()
        window.resize(window.width() + more[0], window.height() + more[1])
    _linger(1.0)
    if (canvas.width(), canvas.height()) != (width, height):
        raise SystemExit(f"The picture has {canvas.width()} × {canvas.height()} pixels.")


def _canvas(window: MainWindow) -> CloudInteractor:
    canvas = window.cloud.interactor
    assert canvas is not None
    return canvas


def _turned(window: MainWindow, reveal: int, outlined: bool, frames: int) -> dict[str, float]:
    _show(window, reveal, outlined)
    window.cloud.reset_view()
    _linger(1.0)
    canvas = _canvas(window)
    place = QPointF(canvas.rect().center())
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place.toPoint())
    seconds = []
    for number in range(LEARNING + frames):
        place += QPointF(4, 1 if number % 20 < 10 else -1)
        seconds.append(_until_seen(canvas, lambda at=place: _move(canvas, at)))  # type: ignore[misc]
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place.toPoint())
    return _summary(window, seconds[LEARNING:])


def _slider(window: MainWindow, frames: int) -> dict[str, float]:
    toolbar = window.cloud.toolbar
    toolbar.eye_dome.setChecked(False)
    slider = toolbar.reveal.slider
    slider.setValue(20)
    _linger(1.0)
    seconds = [
        _until_seen(_canvas(window), lambda: QTest.keyClick(slider, Qt.Key.Key_Right))
        for _ in range(LEARNING + frames)
    ]
    return _summary(window, seconds[LEARNING:])


def _summary(window: MainWindow, seconds: list[float]) -> dict[str, float]:
    detail = _canvas(window).pace.detail
    _linger(1.0 + SETTLING_MS / 1e3)
    fine = [_until_seen(_canvas(window), _canvas(window).update) for _ in range(3)]
    return {
        "median": round(1e3 * float(np.median(seconds)), 1),
        "p90": round(1e3 * float(np.percentile(seconds, 90)), 1),
        "share": detail.share,
        "plain": detail.is_plain,
        "fine": round(1e3 * float(np.median(fine)), 1),
    }


def _move(canvas: QWidget, place: QPointF) -> None:
    point: QPoint = place.toPoint()
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        QPointF(canvas.mapToGlobal(point)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(canvas, event)


def _until_seen(canvas: CloudInteractor, act: Callable[[], object]) -> float:
    """Seconds from an act to the next picture on the screen."""
    loop = QEventLoop()
    begun = time.perf_counter()
    ended: list[float] = []

    def seen() -> None:
        ended.append(time.perf_counter())
        loop.quit()

    canvas.frameSwapped.connect(seen)
    QTimer.singleShot(int(1e3 * PATIENCE_S), loop.quit)
    act()
    if not ended:
        loop.exec()
    canvas.frameSwapped.disconnect(seen)
    if not ended:
        raise SystemExit("No frame came.")
    return ended[0] - begun


def _linger(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def _until(reached: Callable[[], bool]) -> None:
    begun = time.perf_counter()
    while not reached():
        if time.perf_counter() - begun > PATIENCE_S:
            raise SystemExit("Gave up waiting.")
        _linger(0.05)


if __name__ == "__main__":
    sys.exit(main())
