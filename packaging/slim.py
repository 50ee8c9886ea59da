"""Takes out of a finished bundle what it does not use, and debugging symbols.

`python packaging/slim.py BUNDLE PROBED`: of VTK stays what `probe.py` saw loaded, and what that is
linked with. Only on Linux, where linking can be read from the files; elsewhere nothing is taken.
Stripping comes after PyInstaller has done its work, and leaves alone what wheels' makers have
patched (the *.libs folders): stripped, those no longer load.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

LEFT_ALONE = (".libs/", "PySide6/", "shiboken6/")  # the latter two are stripped already


def main(bundle: Path, probed: Path) -> None:
    """Slim the bundle in place."""
    if sys.platform != "linux":
        return
    for tool in ("strip", "readelf"):
        if not shutil.which(tool):
            raise SystemExit(f"{tool} is missing: install binutils.")
    _prune(bundle, bundle / "_internal" / "vtkmodules", json.loads(probed.read_text("utf-8")))
    for file in _libraries(bundle):
        subprocess.run(["strip", "--strip-unneeded", str(file)], check=True)


def _prune(bundle: Path, vtk: Path, modules: list[str]) -> None:
    kept = _linked(vtk, modules)
    for file in vtk.glob("*.so*"):
        if file.name not in kept:
            file.unlink()
    for link in bundle.rglob("*"):
        if link.is_symlink() and not link.exists():
            link.unlink()


def _linked(vtk: Path, modules: list[str]) -> set[str]:
    """Names of the modules' files and, step by step, of the libraries they are linked with."""
    waiting = [
        file.name for module in modules for file in vtk.glob(f"{module.rpartition('.')[2]}.*.so")
    ]
    kept: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in kept or not (vtk / name).is_file():
            continue
        kept.add(name)
        told = subprocess.run(
            ["readelf", "-d", str(vtk / name)], check=True, capture_output=True, text=True
        )
        waiting += re.findall(r"\(NEEDED\).*\[(.+)\]", told.stdout)
    return kept


def _libraries(bundle: Path) -> list[Path]:
    found = [file for file in bundle.rglob("*.so*") if not file.is_symlink()]
    return [file for file in found if not any(part in file.as_posix() for part in LEFT_ALONE)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
