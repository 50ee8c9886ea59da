"""What every test may ask for."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import jrviewer  # noqa: F401 - before torch: how its threads wait

if TYPE_CHECKING:
    import pyvista as pv

if "PYTEST_XDIST_WORKER" in os.environ:  # a core for each process, before torch asks how many
    os.environ.setdefault("OMP_NUM_THREADS", "1")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what runs in the background. Tests, and processes of theirs, send Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with real data beside the checkout; tests that use it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the real data is not beside this checkout")
    return SHARED


@pytest.fixture
def plotter() -> "Iterator[pv.Plotter]":
    """A small picture without a window."""
    import pyvista as pv

    plotter = pv.Plotter(off_screen=True, window_size=[300, 300])
    yield plotter
    plotter.close()


@pytest.fixture(autouse=True, scope="session")
def _settings_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither read nor change what the user has chosen; processes of tests inherit it."""
    folder = str(tmp_path_factory.mktemp("settings"))
    os.environ |= {"XDG_CONFIG_HOME": folder, "APPDATA": folder, "LOCALAPPDATA": folder}
    os.environ["WIN_PD_OVERRIDE_LOCAL_APPDATA"] = folder  # platformdirs asks Windows itself else
