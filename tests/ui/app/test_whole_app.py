import os
import subprocess
import sys
from pathlib import Path

import pytest
import trimesh

from jrviewer.core.resources import resource
from tests.support.dicom_factory import write_phantoms

ROOT = Path(__file__).resolve().parents[3]
BLIND = os.environ.get("QT_QPA_PLATFORM") == "offscreen"
STATES = ("first", "dropped-1", "dropped-2", "dropped-3", "turned", "exported")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.vtk,
    pytest.mark.skipif(BLIND, reason="no OpenGL on the offscreen platform"),
]


def test_the_shipped_model_shows_turns_and_exports_slices_dropped_on_every_pane(
    tmp_path: Path,
) -> None:
    """Pictures of every state go to $JRVIEWER_SCREENSHOTS where that is set."""
    folder = Path(os.environ.get("JRVIEWER_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    dropped = write_phantoms(tmp_path, 3)

    ended = subprocess.run(
        [sys.executable, "-m", "tests.ui.support.whole_app", folder, resource("sample"), *dropped],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert all((folder / f"{state}.png").is_file() for state in STATES)
    cloud = trimesh.load(next(folder.glob("*.ply")))
    assert isinstance(cloud, trimesh.PointCloud)
    assert len(cloud.vertices) > 0
