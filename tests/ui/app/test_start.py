import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtGui import QFileOpenEvent, QPaintEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import Report
from jrviewer.dicom import Opened
from jrviewer.ui import app
from jrviewer.ui.app import Application, StartUp
from jrviewer.ui.jobs.backend import Share, read_paths
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.ui.conftest import FakeBackend

ROOT = Path(__file__).resolve().parents[3]
BLIND = os.environ.get("QT_QPA_PLATFORM") == "offscreen"
SLOW_TO_IMPORT = (
    *("torch", "pyvista", "pyvistaqt", "cvista", "vtkmodules", "pydicom", "skimage", "scipy"),
)

Start = Callable[..., StartUp]


@pytest.fixture
def start(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Begins with paths; the bundled sample counts as missing."""

    def missing(name: str) -> Path:
        raise JRViewerError(name)

    monkeypatch.setattr(app, "resource", missing)

    kept = []  # a window that is let go while its worker runs takes the thread down with it

    def begin(*paths: Path) -> StartUp:
        start = StartUp(paths, FakeBackend())
        kept.append(start)
        qtbot.addWidget(start.window)
        with qtbot.waitExposed(start.window):
            start.begin()
        return start

    return begin


def test_the_window_needs_nothing_that_is_slow_to_import() -> None:
    code = f"import sys, jrviewer.ui.app; print([n for n in {SLOW_TO_IMPORT} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_window_imports_qt_and_numpy_and_less_again_of_its_own() -> None:
    """The ratio of modules stands for that of seconds, which no test can measure."""
    alone = set(_modules_after("PySide6.QtWidgets, numpy"))
    ours = set(_modules_after("jrviewer.ui.app"))
    packages = {name.partition(".")[0] for name in ours - alone} - set(sys.stdlib_module_names)

    assert packages == {"jrviewer", "PySide6", "numpy"}
    assert len(ours) < 2 * len(alone)


def test_the_sample_gives_way_to_what_is_opened(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ct_file: Path
) -> None:
    sample = write_ct(tmp_path / "sample.dcm")
    monkeypatch.setattr(app, "resource", lambda name: sample)
    session = start().session
    qtbot.waitUntil(lambda: session.prediction is not None)
    assert session.all_series[0][0].source.path == sample

    session.open([ct_file])
    qtbot.waitUntil(lambda: session.slice is not None and session.slice.source.path == ct_file)
    assert [one[0].source.path for one in session.all_series] == [ct_file]


PREPARED = """
import sys
from jrviewer.ui.cloud.opengl import OpenGL, prepare, widget_class
prepare()
assert not {"qtpy", "pyvistaqt"} & set(sys.modules)
widget_class(OpenGL())
assert "matplotlib.pyplot" not in sys.modules
"""


def test_the_worker_loads_no_qt_of_the_3d_view_and_nobody_loads_matplotlib() -> None:
    """PySide creates its classes when they are first used, and crashes where two threads do so."""
    subprocess.run([sys.executable, "-c", PREPARED], check=True)


def _modules_after(imports: str) -> list[str]:
    code = f"import {imports}, sys, json; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names: list[str] = json.loads(done.stdout)
    return names


@pytest.mark.vtk
@pytest.mark.skipif(BLIND, reason="no OpenGL on the offscreen platform")
def test_a_path_on_the_command_line_opens_in_all_three_panes(
    qtbot: QtBot, start: Start, ct_file: Path
) -> None:
    begun = start(ct_file)

    cloud = begun.window.cloud
    qtbot.waitUntil(lambda: cloud.interactor is not None, timeout=60_000)
    assert begun.session.prediction is not None
    assert cloud.stack.currentWidget() is cloud.interactor
    assert begun.window.original.isVisible()
    assert begun.window.denoised.isVisible()


def test_without_sample_and_paths_the_window_says_what_to_drop(qtbot: QtBot, start: Start) -> None:
    begun = start()
    assert begun.window.welcome.isVisible()
    qtbot.waitUntil(lambda: begun.window.status_bar.device.text() == "made up", timeout=60_000)


def test_without_3d_the_slices_still_work(
    qtbot: QtBot, start: Start, ct_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(report: Report) -> None:
        raise JRViewerError("3D is off because its libraries do not load here.")

    monkeypatch.setattr("jrviewer.ui.cloud.cloud_view.CloudView.prepare", staticmethod(fail))
    begun = start(ct_file)

    qtbot.waitUntil(lambda: "3D is off" in begun.window.cloud.message.text())
    assert begun.session.prediction is not None
    assert begun.window.actions_.export.isEnabled()


def test_what_is_seen_first_comes_first(
    qtbot: QtBot, start: Start, ct_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window, the slice, what the model makes of it, and then the 3D libraries."""
    order: list[str] = []

    def prepare(report: Report) -> None:
        order.append("3D")
        raise JRViewerError("3D is off here.")

    class Noting(FakeBackend):
        def __init__(self) -> None:
            super().__init__()
            self.read = self.note_reading

        def note_reading(self, paths: Sequence[Path], report: Report, share: Share) -> Opened:
            order.append("read")
            return read_paths(paths, report, share)

        def ready(self, report: Report) -> str:
            order.append("model")
            return super().ready(report)

    monkeypatch.setattr("jrviewer.ui.cloud.cloud_view.CloudView.prepare", staticmethod(prepare))
    monkeypatch.setattr("tests.ui.app.test_start.FakeBackend", Noting)
    paint = MainWindow.paintEvent

    def note(window: MainWindow, event: QPaintEvent) -> None:
        order.append("window")
        paint(window, event)

    monkeypatch.setattr(MainWindow, "paintEvent", note)
    begun = start(ct_file)
    begun.session.predicted.connect(lambda prediction: order.append("result"))

    qtbot.waitUntil(lambda: "3D" in order)
    assert list(dict.fromkeys(order)) == ["window", "read", "model", "result", "3D"]


@pytest.mark.vtk
@pytest.mark.skipif(BLIND, reason="no screen on the offscreen platform")
@pytest.mark.skipif(sys.platform != "linux", reason="OpenGL is switched off by Qt's xcb platform")
def test_without_opengl_the_window_is_on_screen_all_the_same(ct_file: Path) -> None:
    environment = {**os.environ, "QT_XCB_GL_INTEGRATION": "none"}
    command = [sys.executable, "-m", "tests.ui.support.without_opengl", str(ct_file)]

    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)

    assert ended.returncode == 0, ended.stderr.decode()


def test_a_file_that_macos_wants_opened_is_told(
    qtbot: QtBot, qapp: QApplication, ct_file: Path
) -> None:
    assert isinstance(qapp, Application)
    with qtbot.waitSignal(qapp.file_requested) as told:
        QApplication.sendEvent(qapp, QFileOpenEvent(str(ct_file)))
    assert told.args == [ct_file]


@pytest.mark.vtk
@pytest.mark.skipif(BLIND, reason="no OpenGL on the offscreen platform")
def test_the_native_window_stays_when_the_3d_view_comes(qtbot: QtBot, start: Start) -> None:
    """A new one would flash and lose the keyboard."""
    begun = start()
    native = begun.window.winId()

    qtbot.waitUntil(lambda: begun.window.cloud.interactor is not None, timeout=60_000)

    assert begun.window.winId() == native


@pytest.mark.parametrize("is_put_off", [True, False])
def test_garbage_is_collected_once_the_window_is_painted(
    start: Start, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, is_put_off: bool
) -> None:
    frozen: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))
    if is_put_off:
        gc.disable()
    try:
        begun = start()
        qtbot.waitUntil(lambda: begun.session.model_device.is_allowed)
        assert gc.isenabled()
        assert frozen == [True] * is_put_off
    finally:
        gc.enable()
