"""What is opened and closed again leaves no memory behind."""

import gc
import os
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_series
from tests.ui.conftest import FakeBackend

STATM = Path("/proc/self/statm")
WARM_UP, SERIES, SLICES = 40, 40, 6


def resident_bytes() -> int:
    gc.collect()
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not STATM.exists(), reason="needs Linux's memory figures")
def test_forty_series_later_the_memory_has_grown_by_less_than_three_per_cent(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("one", "other")]
    for number, folder in enumerate(folders):
        folder.mkdir()
        write_series(folder, SLICES, series_uid=f"1.2.3.{number + 1}", rows=256, columns=256)
    session = open_window.session

    def open_next(number: int) -> None:
        with qtbot.waitSignal(session.series_opened):
            session.open([folders[number % 2]])
        qtbot.waitUntil(lambda: session.prediction is not None)
        session.close_series(0)
        backend.asked.clear()  # the test's own list

    for number in range(WARM_UP):
        open_next(number)
    before = resident_bytes()
    for number in range(SERIES):
        open_next(number)

    assert resident_bytes() < 1.03 * before
