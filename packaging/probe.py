"""Prints, as JSON, what the app loads when it shows everything it can: compiled modules, and the
files of torch's source that torch reads.

All of the app's own modules but extras are imported, the 3D pane's widget too, and the sample's
cloud is drawn in every look. What is not loaded then stays out of the bundle; its self-test draws
the same.

Drawing is done by a child process: without OpenGL, VTK ends the process that asks for it.
"""

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from multiprocessing import Pipe
from pathlib import Path

HERE = "--here"  # draw in this process
EXTRAS = ("jrviewer.batch.node", "jrviewer.batch.cluster")  # need what is not in the bundle
NO_OPENGL = (
    "The probe died while it drew: VTK found no OpenGL here. Install software OpenGL (on Debian "
    "libgl1-mesa-dri; .ci/apt.txt names what else is needed), then build again."
)


def main() -> None:
    """Let a child load and draw, and tell what it found."""
    command = [sys.executable, __file__, HERE]
    child = subprocess.run(command, check=False, stdout=subprocess.PIPE)
    if child.returncode < 0 or child.returncode > 255:  # a signal, or a Windows exception's code
        raise SystemExit(NO_OPENGL)
    if child.returncode:  # it has said why
        raise SystemExit(child.returncode)
    sys.stdout.buffer.write(child.stdout)


def draw_here() -> None:
    """Load and draw, then tell."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("QT_API", "pyside6")
    read: set[str] = set()
    sys.addaudithook(lambda event, about: _note(read, about[0]) if event == "open" else None)
    import pyvistaqt  # noqa: F401 - the window's widget

    import jrviewer
    from jrviewer import dicom
    from jrviewer.core.resources import resource
    from jrviewer.diagnostics.selftest_drawing import draw
    from jrviewer.model.load import load_model
    from jrviewer.model.predict import predict

    for module in pkgutil.walk_packages(jrviewer.__path__, "jrviewer."):
        if not module.name.endswith("__main__") and not module.name.startswith(EXTRAS):
            importlib.import_module(module.name)
    sample = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    prediction = predict(load_model("cpu"), sample)
    dicom.close()
    receiving, sending = Pipe(duplex=False)
    draw(sending, prediction)
    renderer, missing = receiving.recv(), receiving.recv()
    if not renderer or missing:
        raise SystemExit(f"The probe could not draw everything: {renderer!r}, {missing}")
    compiled = sorted(
        name
        for name, module in sys.modules.items()
        if (getattr(module, "__file__", None) or "").endswith((".so", ".pyd"))
    )
    found = {"compiled": compiled, "torch_sources": sorted(read)}
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


def _note(read: set[str], path: object) -> None:
    """Note a file of torch's source by its place in the bundle."""
    if isinstance(path, str) and path.endswith(".py"):
        _, found, inside = Path(path).as_posix().rpartition("/site-packages/torch/")
        if found:
            read.add(f"torch/{inside}")


if __name__ == "__main__":
    draw_here() if HERE in sys.argv else main()
