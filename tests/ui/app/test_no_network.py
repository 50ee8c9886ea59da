import os
import subprocess
import sys
from pathlib import Path

import pytest

from jrviewer.core.resources import resource
from tests.support.dicom_factory import write_phantoms
from tests.support.empty_network import empty_network

ROOT = Path(__file__).resolve().parents[3]
BLIND = os.environ.get("QT_QPA_PLATFORM") == "offscreen"
ATTEMPTED = 9

# The whole app, ended at the first attempt to reach a network.
STRICT = f"""
import os, runpy
from tests.support.network_audit import NetworkAudit
NetworkAudit(lambda event: os._exit({ATTEMPTED})).start()
runpy.run_module("tests.ui.support.whole_app", run_name="__main__", alter_sys=True)
"""


@pytest.mark.slow
@pytest.mark.vtk
@pytest.mark.skipif(BLIND, reason="no OpenGL on the offscreen platform")
def test_the_whole_app_runs_in_an_empty_network_and_tries_no_connection(tmp_path: Path) -> None:
    dropped = write_phantoms(tmp_path, 3)
    arguments = [tmp_path, resource("sample"), *dropped]

    ended = subprocess.run(
        [*empty_network(), sys.executable, "-c", STRICT, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert any(tmp_path.glob("*.ply"))
