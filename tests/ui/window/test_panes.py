"""Where the panes lie: the cloud beside or below, folded where a series has none."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.ui.app import create_window
from jrviewer.ui.state.session import Session
from jrviewer.ui.window.folded_pane import TAB_PX
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_mr
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key
REASON = "No cloud is made from MR."


class NoCloudForMr(FakeBackend):
    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        made = super().predict(chosen, report)
        if chosen.unit == "HU":
            return made
        return replace(made, cloud=None, sample_dense=None, no_cloud_reason=REASON)


@pytest.fixture
def backend() -> FakeBackend:
    return NoCloudForMr()


@pytest.fixture
def mr_window(qtbot: QtBot, open_window: MainWindow, tmp_path: Path) -> MainWindow:
    """A CT and an MR; the MR is shown."""
    with qtbot.waitSignal(open_window.session.predicted):
        mouse_and_keys.drop(open_window.original, [write_mr(tmp_path / "mr.dcm")])
    return open_window


def test_the_reason_why_mr_has_no_cloud_does_not_stay_while_a_ct_waits_for_its_own(
    qtbot: QtBot, mr_window: MainWindow, ct_file: Path
) -> None:
    assert mr_window.panes.folded.isVisible()
    told: list[bool] = []
    session = mr_window.session
    session.unpredicted.connect(lambda _: told.append(mr_window.panes.folded.isVisible()))

    with qtbot.waitSignal(session.predicted):
        mouse_and_keys.drop(mr_window.original, [ct_file])

    assert told
    assert not any(told)
    assert not mr_window.panes.folded.isVisible()


def test_a_series_without_a_cloud_leaves_a_narrow_tab_with_the_reason(
    mr_window: MainWindow,
) -> None:
    folded = mr_window.panes.folded
    assert not mr_window.cloud.isVisible()
    assert folded.isVisible()
    assert folded.width() == TAB_PX
    assert folded.accessibleName() == REASON
    assert folded.height() == mr_window.panes.height()
    assert mr_window.original_pane.height() == mr_window.panes.height()
    assert mr_window.original.width() > 600
    assert mr_window.denoised.width() > 600


def test_a_series_with_one_unfolds_the_pane_and_back(qtbot: QtBot, mr_window: MainWindow) -> None:
    mr_window.session.choose_series(0)
    assert mr_window.cloud.isVisible()
    assert not mr_window.panes.folded.isVisible()

    mr_window.session.choose_series(1)
    assert not mr_window.cloud.isVisible()


def test_a_click_or_enter_on_the_tab_shows_the_pane(qtbot: QtBot, mr_window: MainWindow) -> None:
    mouse_and_keys.click(mr_window.panes.folded)
    assert mr_window.cloud.isVisible()
    with qtbot.waitSignal(mr_window.session.predicted):
        press(qtbot, mr_window, Key.Key_Return)
    assert mr_window.cloud.isVisible()  # as long as the reason is the same

    mr_window.session.choose_series(0)
    mr_window.session.choose_series(1)
    mr_window.panes.folded.setFocus()
    press(qtbot, mr_window.panes.folded, Key.Key_Return)
    assert mr_window.cloud.isVisible()


def test_a_folded_cloud_needs_no_tabs_in_a_narrow_window(
    qtbot: QtBot, mr_window: MainWindow
) -> None:
    mr_window.resize(1000, 700)
    qtbot.waitUntil(lambda: mr_window.width() == 1000)

    assert not mr_window.panes.tabs.isVisible()
    assert mr_window.original.isVisible()
    assert mr_window.panes.folded.isVisible()


def test_the_cloud_goes_below_the_slices_and_the_next_run_remembers(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    press(qtbot, open_window, Key.Key_L, mouse_and_keys.CTRL)

    panes = open_window.panes
    assert open_window.actions_.below.isChecked()
    qtbot.waitUntil(lambda: open_window.cloud.width() == panes.width())
    assert open_window.cloud.mapTo(panes, open_window.cloud.rect().topLeft()).y() > (
        open_window.original.height()
    )
    open_window.close()
    again = create_window(Session(FakeBackend()), open_window.preferences)
    qtbot.addWidget(again)
    assert again.panes.is_below
    assert again.actions_.below.isChecked()
    again.close()


@pytest.mark.parametrize("is_below", [False, True])
def test_maximising_works_in_either_arrangement(
    qtbot: QtBot, open_window: MainWindow, is_below: bool
) -> None:
    open_window.panes.put_cloud_below(is_below)
    mouse_and_keys.double_click(open_window.denoised)
    assert not open_window.original.isVisible()
    assert not open_window.cloud.isVisible()
    qtbot.waitUntil(lambda: open_window.denoised_pane.size() == open_window.panes.size())

    mouse_and_keys.double_click(open_window.denoised)
    open_window.panes.toggle(open_window.cloud_pane)
    qtbot.waitUntil(lambda: open_window.cloud_pane.size() == open_window.panes.size())
    open_window.panes.toggle(open_window.cloud_pane)
    assert open_window.original.isVisible()
