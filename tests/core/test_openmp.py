"""How threads wait is settled before torch reads it, wherever torch comes from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # a process that loads torch for each test

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"}
ENTRIES = ("jrviewer.cli", "jrviewer.ui.app", "jrviewer.model.joint_model", "training.fit.losses")

# OpenMP of GNU tells its settings at load where it is asked to; so does the one of LLVM.
WHAT_IS_IN_FORCE = """
import importlib, os, sys
assert "torch" not in sys.modules
importlib.import_module(sys.argv[1])
import torch
torch.ones(8).sum()
"""


HOW_MANY_THREADS = """
import importlib, os, sys
assert "numpy" not in sys.modules
importlib.import_module(sys.argv[1])
import numpy
numpy.ones((500, 500)) @ numpy.ones((500, 500))
print(len(os.listdir("/proc/self/task")))
"""


def threads_after_a_product(entry: str, **environment: str) -> int:
    """Of a process that multiplies two matrices after it has imported `entry`."""
    names = SETTINGS | {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", HOW_MANY_THREADS, entry],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def settings(entry: str, **environment: str) -> str:
    """What the OpenMP runtime says of itself when torch loads it after `entry`."""

    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    done = subprocess.run(
        [sys.executable, "-c", WHAT_IS_IN_FORCE, entry],
        cwd=ROOT,
        env=inherited | {"OMP_DISPLAY_ENV": "TRUE"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


@pytest.mark.parametrize("entry", ENTRIES)
def test_threads_sleep_while_they_wait(entry: str) -> None:
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in settings(entry)


def test_the_users_own_choice_stays() -> None:
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in settings("jrviewer.cli", OMP_WAIT_POLICY="ACTIVE")


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads as Linux tells them")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="OpenBLAS starts none for one processor")
def test_products_of_matrices_start_no_threads_but_where_the_user_wants_them() -> None:
    assert threads_after_a_product("jrviewer.cli") == 1
    assert threads_after_a_product("jrviewer.cli", OPENBLAS_NUM_THREADS="2") == 2
