"""Ctrl-C in the terminal closes the window, at whatever moment it comes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from jrviewer.ui.interrupts import Interrupts

ROOT = Path(__file__).resolve().parents[3]
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals of a POSIX system")

# The signal comes while Qt waits for the next event.
INTERRUPTED = """
import os, sys, signal
from PySide6.QtCore import QTimer
from jrviewer.ui import app
from jrviewer.ui.interrupts import Interrupts
Interrupts_made = Interrupts.__init__
def then_interrupt(self, parent=None):
    Interrupts_made(self, parent)
    QTimer.singleShot(300, lambda: os.kill(os.getpid(), int(sys.argv[1])))
Interrupts.__init__ = then_interrupt
app._sample = lambda: []
print("ended with", app.main())
"""


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_wakes_qt_s_loop_once_and_is_given_back(
    qtbot: QtBot, number: signal.Signals
) -> None:
    before = signal.getsignal(signal.SIGINT)
    interrupts = Interrupts()
    try:
        with qtbot.waitSignal(interrupts.asked_to_end):
            os.kill(os.getpid(), number)
    finally:
        interrupts.close()
    assert signal.getsignal(signal.SIGINT) is before is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_window_without_a_traceback(number: int, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(int(number))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "ended with 0\n"), ran.stderr
    assert "Traceback" not in ran.stderr


@POSIX
def test_ctrl_c_before_there_is_a_window_says_nothing() -> None:
    code = (
        "import builtins, sys, jrviewer.__main__ as entry\n"
        "real = builtins.__import__\n"
        "def stopped(name, *rest):\n"
        "    if name == 'jrviewer.ui.app':\n"
        "        raise KeyboardInterrupt\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = stopped\n"
        "sys.exit(entry.main([]))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")
