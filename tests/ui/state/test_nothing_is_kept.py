"""After a series was closed, nothing of it is alive; until then its results are."""

import gc
import weakref
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from jrviewer.core.prediction import Prediction
from jrviewer.ui.state.session import Session
from jrviewer.ui.widgets import painting
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.cloud_pane import needs_opengl


@pytest.fixture
def other_file(tmp_path: Path) -> Path:
    return write_ct(tmp_path / "other.dcm")


def predicted(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.prediction is not None)
    qtbot.waitUntil(
        lambda: session.prediction is not None and session.prediction.removed is not None
    )


def use(qtbot: QtBot, window: MainWindow) -> None:
    """Look at every slice in every way, measure, rule and undo."""
    session = window.session
    for index in range(3):
        session.show(index)
        predicted(qtbot, session)
        for mode in ("swipe", "removed", "flicker", "side"):
            session.compare.change(mode=mode)
        for tool in ("length", "ellipse"):
            session.annotations.set_tool(tool)
            mouse_and_keys.drag(window.original, (60, 60), (100, 90))
        session.history.undo()
        mouse_and_keys.move(window.original, (80, 80))


def kept_of(session: Session) -> list[weakref.ref[object]]:
    """Weak references to all slices and predictions of a session."""
    return [
        weakref.ref(one)
        for series in session.all_series
        for chosen in series.slices
        for one in (chosen, session.known_predictions().get(chosen))
        if one is not None
    ]


def alive(references: list[weakref.ref[object]]) -> list[object]:
    gc.collect()
    return [one for reference in references if (one := reference()) is not None]


def open_other(qtbot: QtBot, session: Session, path: Path) -> None:
    with qtbot.waitSignal(session.series_opened):
        session.open([path])
    predicted(qtbot, session)


def alive_after(qtbot: QtBot, session: Session, others: list[Path]) -> list[object]:
    """What is alive of the first series after others were opened, if any, and it was closed."""
    references = kept_of(session)
    assert len(references) > 6
    for path in others:
        open_other(qtbot, session, path)
    assert len(alive(references)) == len(references)
    session.close_series(0)
    if session.slice is not None:
        predicted(qtbot, session)
    with qtbot.waitSignal(session.worker_thread.finished):  # what was cancelled has left the queue
        session.worker_thread.submit("test", lambda report: None)
    return alive(references)


@pytest.mark.parametrize("is_last", [False, True])
def test_no_slice_or_prediction_of_a_closed_series_is_alive(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend, other_file: Path, is_last: bool
) -> None:
    use(qtbot, open_window)
    backend.asked.clear()  # the test's own list

    left = alive_after(qtbot, open_window.session, [] if is_last else [other_file])

    assert left == []
    assert open_window.welcome.isVisible() == is_last


@pytest.mark.vtk
@needs_opengl
@pytest.mark.parametrize("is_last", [False, True])
def test_none_is_alive_with_the_3d_view_and_a_measured_surface(
    qtbot: QtBot, window_3d: MainWindow, backend: FakeBackend, other_file: Path, is_last: bool
) -> None:
    session = window_3d.session
    window_3d.cloud.toolbar.measured.setChecked(True)
    window_3d.cloud.toolbar.colouring.setCurrentIndex(3)
    use(qtbot, window_3d)
    clouds = [weakref.ref(one.cloud) for one in session.known_predictions().values() if one.cloud]
    assert clouds
    backend.asked.clear()  # the test's own list

    left = alive_after(qtbot, session, [] if is_last else [other_file])

    assert left == []
    assert [one for reference in clouds if (one := reference()) is not None] == []


def test_an_evicted_prediction_is_alive_nowhere(
    qtbot: QtBot,
    open_window: MainWindow,
    backend: FakeBackend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = open_window.session
    monkeypatch.setattr("jrviewer.ui.state.series.prediction_cache.KEPT_PIXELS", 1)
    use(qtbot, open_window)
    kept: list[weakref.ref[Prediction]] = []
    for index in (0, 1):
        session.show(index)
        predicted(qtbot, session)
        assert session.prediction is not None
        kept.append(weakref.ref(session.prediction))
    session.show(3)
    predicted(qtbot, session)
    backend.asked.clear()
    gc.collect()

    assert [reference() for reference in kept] == [None, None]


def test_no_painted_text_of_the_patient_before_is_kept(open_window: MainWindow) -> None:
    open_window.original.grab()
    assert painting._label.cache_info().currsize > 4
    open_window.presenter.show_chosen(0)

    assert painting._label.cache_info().currsize == 0
