import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BLIND = os.environ.get("QT_QPA_PLATFORM") == "offscreen"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.vtk,
    pytest.mark.skipif(BLIND, reason="no OpenGL on the offscreen platform"),
]


@pytest.mark.parametrize("ratio", ["1", "1.5", "2"])
def test_overlay_probe_and_picking_agree_at_every_pixel_ratio(ratio: str) -> None:
    environment = {**os.environ, "QT_SCALE_FACTOR": ratio}
    command = [sys.executable, "-m", "pytest", "-q", "tests/ui/support/at_pixel_ratio.py"]

    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stdout
