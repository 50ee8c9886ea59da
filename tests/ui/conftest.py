"""Fixtures: a window on real files, a made-up backend, and a check for what tests leave behind."""

import gc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QThread
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from jrviewer import dicom
from jrviewer.core.errors import JRViewerError
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.ui import app
from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.jobs.backend import Backend, Outcome
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Session
from jrviewer.ui.window.main_window import MainWindow
from tests.support.cloud_factory import make_cloud_prediction
from tests.support.dicom_factory import write_ct, write_series
from tests.support.record_factory import make_prediction
from tests.support.series_factory import make_ball
from tests.ui.support.cloud_pane import settle
from tests.ui.support.surface_pane import PATIENCE_MS, SLICES

app.set_platform_defaults()

OPENGL = ("vtkXOpenGLRenderWindow", "vtkGenericOpenGLRenderWindow", "CloudInteractor")


class FakeBackend(Backend):
    """Reads for real; its predictions are made up: no network has seen the slice."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Slice] = []

    def close(self) -> None:
        """The decoding process stays for the next test; it takes longer to start than to use."""

    def ready(self, report: Report) -> str:
        return "made up"

    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        self.asked.append(chosen)
        report(0.5, "making up")
        return make_prediction(chosen)

    def predict_all(
        self, slices: Sequence[Slice], report: Report, share: Callable[[Outcome], None]
    ) -> None:
        for chosen in slices:
            try:
                outcome: Outcome = self.predict(chosen, report)
            except JRViewerError as error:
                outcome = error
            share(outcome)


class SlowBackend(FakeBackend):
    """Its work on a slice takes so many milliseconds of numpy, reporting as the model does."""

    def __init__(self, ms: int) -> None:
        super().__init__()
        self.ms = ms

    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        timer = QElapsedTimer()
        timer.start()
        while timer.elapsed() < self.ms:
            np.sort(np.random.default_rng(0).random(200_000))
            report(timer.elapsed() / self.ms, "denoising")
        return super().predict(chosen, report)


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return app.Application


@pytest.fixture(autouse=True, scope="session")
def dressed(qapp: QApplication) -> None:
    app.set_name_and_theme(qapp)


@pytest.fixture(autouse=True, scope="session")
def _decoding_ends() -> Iterator[None]:
    yield
    dicom.close()


@pytest.fixture(autouse=True)
def _nothing_leaks(qapp: QApplication) -> Iterator[None]:
    """Fails a test that leaves a window, a running thread or an OpenGL window behind.

    pytest-qt has closed its widgets before this looks. What was there before the test is frozen: no
    collection visits it, which saves most of the time that the scan would take.
    """
    gc.freeze()
    yield
    for _ in range(2):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qapp.processEvents()
        gc.collect()
    left = [thing for thing in gc.get_objects() if _is_leaked(thing)]
    described = [repr(thing) for thing in left]
    for thing in left:
        _close(thing)
    assert described == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """What a test's fixtures were is garbage only now that pytest has let go of them. It goes here,
    before a test of another folder: a thread of that one would end Qt's timers and threads, which
    are not its own, and crash.
    """
    result = yield
    if _is_here(item) and not (nextitem and _is_here(nextitem)):
        gc.collect()
    return result


def _is_here(item: pytest.Item) -> bool:
    return Path(__file__).parent in item.path.parents


def _is_leaked(thing: object) -> bool:
    kind = type(thing)  # isinstance would ask lazy proxies for their class and wake them
    if issubclass(kind, QThread | QWidget) and not isValid(thing):
        return False
    if issubclass(kind, QThread):
        thread = cast("QThread", thing)
        return thread.isRunning() and not thread.isMainThread()
    if issubclass(kind, QWidget):
        widget = cast("QWidget", thing)
        return widget.isWindow() and widget.isVisible()
    return kind.__name__ in OPENGL


def _close(thing: object) -> None:
    """So that one leak does not fail every later test."""
    if isinstance(thing, QThread):
        thing.quit()
        thing.wait()
    elif isinstance(thing, QWidget):
        thing.close()


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def session(backend: FakeBackend) -> Session:
    return Session(backend)


@pytest.fixture
def window(qtbot: QtBot, session: Session) -> MainWindow:
    """A visible window with nothing open, its 3D view not created; it predicts nothing unasked, and
    shows all that the network removes as removed.
    """
    preferences = Preferences()
    preferences.put("settings/prefetches", value=False)
    preferences.put("settings/first_look", value=False)
    preferences.put("settings/strength", "100 %")  # what a made-up prediction holds
    window = app.create_window(session, preferences)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    with qtbot.waitActive(window):  # keys are shortcuts of the active window only
        window.activateWindow()
    session.allow_predictions()
    return window


@pytest.fixture
def ct_file(tmp_path: Path) -> Path:
    """A single slice with unequal spacings: 1.5 mm between rows, 1 mm between columns."""
    return write_ct(tmp_path / "slice.dcm", spacing=(1.5, 1.0))


@pytest.fixture
def ct_folder(tmp_path: Path) -> Path:
    """Five slices."""
    folder = tmp_path / "series"
    folder.mkdir()
    write_series(folder, 5)
    return folder


@pytest.fixture
def open_window(qtbot: QtBot, window: MainWindow, ct_folder: Path) -> MainWindow:
    """A window on a series of five, its middle slice predicted."""
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([ct_folder])
    return window


@pytest.fixture
def body_part() -> str:
    return "CHEST"


@pytest.fixture
def ball_folder(tmp_path: Path, body_part: str) -> Path:
    """A ball of water in air, 25 slices 5 mm apart, with rows 1.5 and columns 1 mm apart."""
    folder = tmp_path / "ball"
    folder.mkdir()
    extra = {"BodyPartExamined": body_part}
    series, _ = make_ball(heights_mm=np.arange(SLICES) * 5.0)
    for number, one in enumerate(series):
        x, y, z = (float(mm) for mm in one.plane.origin_mm)
        path = folder / f"{number:02d}.dcm"
        write_ct(
            path,
            one.pixels,
            position=(x, y, z),
            spacing=(1.5, 1.0),
            instance=number + 1,
            extra=extra,
        )
    return folder


@pytest.fixture
def ball_window(qtbot: QtBot, window: MainWindow, ball_folder: Path) -> MainWindow:
    """A window on the ball, its surface measured and the cloud of its middle slice compared."""
    with qtbot.waitSignal(window.session.surface.compared, timeout=PATIENCE_MS):
        window.session.open([ball_folder])
    return window


@pytest.fixture
def window_3d(qtbot: QtBot, ball_window: MainWindow) -> Iterator[MainWindow]:
    """The same with its 3D view made."""
    ball_window.cloud.prepare()
    ball_window.cloud.create()
    with qtbot.waitActive(ball_window):  # OpenGL has recreated the window
        ball_window.activateWindow()
    yield ball_window
    ball_window.cloud.close_interactor()


@pytest.fixture
def pane(qtbot: QtBot) -> Iterator[CloudView]:
    """A visible pane, its 3D view not made."""
    pane = CloudView()
    pane.resize(420, 520)
    qtbot.addWidget(pane)
    with qtbot.waitExposed(pane):
        pane.show()
    yield pane
    pane.close_interactor()


@pytest.fixture
def view(pane: CloudView) -> CloudView:
    """A pane that shows a cloud."""
    pane.prepare()
    pane.create()
    prediction = make_cloud_prediction()
    prediction.compute_dense_cloud()  # which a window's worker does
    pane.show_prediction(prediction)
    settle()
    return pane
