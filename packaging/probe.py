"""Prints, as JSON, the VTK modules that the app loads when it shows everything it can.

All of the app's own modules are imported, the 3D pane's widget too, and the sample's cloud is
drawn in every look. What is not loaded then stays out of the bundle; its self-test draws the same.
"""

import importlib
import json
import os
import pkgutil
import sys
from multiprocessing import Pipe

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")


def main() -> None:
    """Load and draw, then tell."""
    import pyvistaqt  # noqa: F401 - the window's widget

    import jrviewer
    from jrviewer import dicom, inference
    from jrviewer.resources import resource
    from jrviewer.selftest.drawing import draw

    for module in pkgutil.walk_packages(jrviewer.__path__, "jrviewer."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    sample = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    prediction = inference.predict(inference.load_model("cpu"), sample)
    dicom.close()
    receiving, sending = Pipe(duplex=False)
    draw(sending, prediction)
    renderer, missing = receiving.recv(), receiving.recv()
    if not renderer or missing:
        raise SystemExit(f"The probe could not draw everything: {renderer!r}, {missing}")
    names = sorted(name for name in sys.modules if name.startswith("vtkmodules."))
    sys.stdout.write(json.dumps(names, indent=1) + "\n")


if __name__ == "__main__":
    main()
