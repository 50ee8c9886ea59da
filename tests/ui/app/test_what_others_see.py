"""What a desktop, a log, a menu and the user's settings tell of a patient whose name is in every
path.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.dicom_factory import write_ct

ROOT = Path(__file__).resolve().parents[3]
NAME = "Geheimrat"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="settings and logs lie elsewhere there")
def test_titles_logs_and_settings_name_no_patient(tmp_path: Path) -> None:
    home, told = tmp_path / "home", tmp_path / f"{NAME} & Sohn"
    write_ct(told / f"{NAME}.dcm", extra={"PatientName": f"{NAME}^Zauber"})
    others = home / "QtProject.conf"
    home.mkdir()
    others.write_text("[FileDialog]\nlastVisited=file:///srv/scans\n")
    places = {f"XDG_{kind}_HOME": str(home) for kind in ("CONFIG", "DATA", "CACHE")}

    ended = subprocess.run(
        [sys.executable, "-m", "tests.ui.support.telling_window", told],
        cwd=told,  # where the file dialog begins
        env={**os.environ, **places, "HOME": str(home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["titles"]
    assert "ValueError" in seen["crash"]
    assert seen["recent"][0].startswith(f"{NAME} && Sohn")  # in a menu that the user opens
    shown = [*seen["titles"], seen["crash"], seen["message"], ended.stderr]
    assert not [one for one in shown if NAME in one]
    files = [path for path in home.rglob("*") if path.is_file()]
    assert home / "JRViewer" / "crash.log" in files
    assert not [path for path in files if NAME.encode() in path.read_bytes()]
    assert "srv/scans" in others.read_text()
