"""`python -m tests.tour FOLDER [SCENE…]`: the tour, its pictures in FOLDER.

On a display of its own, without another window manager:
`xvfb-run -a -s "-screen 0 1600x1000x24" python -m tests.tour FOLDER`. Needs openbox and xdotool.
The exit code is 0 when every state was reached, 1 when a tool is missing or a scene failed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jrviewer.ui import app
from jrviewer.ui.state.preferences import Preferences
from tests.tour import drag_source, scenes, steps
from tests.tour.guide import Guide
from tests.tour.inputs import Inputs, write_inputs

TOOLS = ("openbox", "xdotool")
WINDOW = (0, 24, 1500, 900)  # x, y, width, height; openbox has its title bar above


def missing_tools() -> list[str]:
    """What the tour needs and this computer lacks."""
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    return absent + ([] if os.environ.get("DISPLAY") else ["a display (xvfb-run)"])


def main(folder: Path, names: list[str]) -> int:
    """Every scene in a process of its own, under one window manager."""
    if absent := missing_tools():
        sys.stderr.write(f"The tour needs {', '.join(absent)}.\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        inputs = write_inputs(Path(work) / "inputs")
        manager = subprocess.Popen(["openbox", "--sm-disable"])
        source = subprocess.Popen(
            [sys.executable, drag_source.__file__, *map(str, (*steps.SOURCE_AT, *inputs.all))]
        )
        try:
            failed = [name for name in names if not _play(folder, name, inputs)]
        finally:
            for process in (source, manager):
                process.terminate()
                process.wait()
    for name in failed:
        sys.stderr.write(f"Scene {name} did not reach every state.\n")
    return bool(failed)


def _play(folder: Path, name: str, inputs: Inputs) -> bool:
    """Whether a scene reached all its states and left no complaint."""
    environment = {**os.environ, "HOME": "/home/reader"}  # the export dialog shows it
    if name == "without-opengl":
        environment["QT_XCB_GL_INTEGRATION"] = "none"
    ended = subprocess.run(
        [sys.executable, "-m", "tests.tour", "--scene", name, folder, *inputs.all],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    sys.stderr.write(ended.stderr)
    return ended.returncode == 0 and "Traceback" not in ended.stderr


def play(name: str, folder: Path, inputs: Inputs) -> int:
    """One scene in this process."""
    application = app.create_application()
    preferences = Preferences()
    preferences.put("settings/opens_sample", value=name in ("first-run", "without-opengl"))
    preferences.put("settings/first_look", value=False)
    preferences.put("first run/notice read", value=name != "first-run")
    preferences.put("first run/steps ended", value=name != "first-run")
    start = app.StartUp([], preferences=preferences)
    start.window.setGeometry(*WINDOW)
    guide = Guide(application, start, folder)
    start.begin()
    guide.follow(scenes.SCENES[name](guide, inputs))
    return application.exec()


if __name__ == "__main__":
    if sys.argv[1] == "--scene":
        _, _, name, folder, *files = sys.argv
        sys.exit(play(name, Path(folder), Inputs(*map(Path, files))))
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:] or list(scenes.SCENES)))
