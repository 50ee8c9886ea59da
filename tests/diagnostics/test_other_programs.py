import multiprocessing
import os
import sys
from pathlib import Path

import pytest

from jrviewer.diagnostics import other_programs
from jrviewer.diagnostics.other_programs import NICENESS, OtherPrograms, busy_process, note_on


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows neither sessions nor niceness")
def test_a_busy_process_is_of_another_session_gives_way_and_ends() -> None:
    others = {*multiprocessing.active_children()}  # another test's process that decodes
    with busy_process():
        [busy] = {*multiprocessing.active_children()} - others
        assert busy.pid is not None
        assert os.getsid(busy.pid) != os.getsid(0)
        assert os.getpriority(os.PRIO_PROCESS, busy.pid) >= NICENESS

    assert busy not in multiprocessing.active_children()
    assert busy.exitcode is not None or not busy.is_alive()


def test_a_busy_process_ends_too_where_measuring_fails() -> None:
    others = {*multiprocessing.active_children()}
    with pytest.raises(RuntimeError), busy_process():
        raise RuntimeError("measuring failed")

    assert {*multiprocessing.active_children()} <= others


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /proc/stat")
def test_what_others_take_is_what_neither_we_nor_nobody_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 ticks are a second: two of them were spent in four seconds, one and a half by others."""
    stat, clock, own = tmp_path / "stat", iter([10.0, 14.0]), iter([1.0, 1.5])
    monkeypatch.setattr(other_programs, "STAT", stat)
    monkeypatch.setattr("os.sysconf", lambda name: 100)
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    monkeypatch.setattr(other_programs, "_own_s", lambda: next(own))
    stat.write_text("cpu  100 20 30 999 999 4 5 6 0 0\ncpu0 1 1 1 1\n")
    others = OtherPrograms()
    stat.write_text("cpu  200 60 60 1999 999 14 15 16 0 0\ncpu0 1 1 1 1\n")

    assert others.cores() == 0.38


def test_where_the_system_does_not_say_nothing_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_programs, "STAT", tmp_path / "missing")

    assert OtherPrograms().cores() is None
    assert note_on(None) == ""


def test_figures_that_others_spoilt_say_so() -> None:
    assert note_on(0.02) == ""
    assert "Other programs took 0.9 of" in note_on(0.9)
