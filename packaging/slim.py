"""Takes out of a finished bundle what it does not use, and debugging symbols.

`python packaging/slim.py BUNDLE PROBED`, for Linux alone, where linking can be read from the files:
of VTK and of the libraries that the app only touches the edge of stays what `probe.py` saw loaded,
of torch's source what it saw read, and of shared libraries what any of that is linked with.
Stripping comes after PyInstaller has done its work, and leaves alone what wheels' makers have
patched (the *.libs folders): stripped, those no longer load.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Of the *.libs folders, see above; Qt's are stripped already; CUDA's were never tried.
LEFT_ALONE = (".libs/", "PySide6/", "shiboken6/", "nvidia/", "libtorch_cuda")

# Opened while the app runs: no file is linked with them. The latter two are in builds for CUDA.
LOADED_BY_NAME = ("libtorch_global_deps.so", "libtorch_cuda_linalg.so", "libcaffe2_nvrtc.so")
CUDA = "nvidia"  # its libraries open each other by name, too
PROBED = ("cvista", "scipy", "skimage", "matplotlib")  # what the probe did not load of these, goes


def main(bundle: Path, probed: Path) -> None:
    """Slim the bundle in place."""
    for tool in ("strip", "readelf"):
        if not shutil.which(tool):
            raise SystemExit(f"{tool} is missing: install binutils.")
    told = json.loads(probed.read_text("utf-8"))
    inside = bundle / "_internal"
    _drop_unloaded(inside, set(told["compiled"]))
    _drop_unread(inside, set(told["torch_sources"]))
    _drop_unlinked(bundle)
    for file in _libraries(bundle):
        subprocess.run(["strip", "--strip-unneeded", str(file)], check=True)


def _drop_unloaded(inside: Path, compiled: set[str]) -> None:
    """Compiled modules of the probed packages that were not loaded."""
    for package in PROBED:
        for file in (inside / package).rglob("*.so"):
            if is_module(file.name) and module_name(file.relative_to(inside)) not in compiled:
                file.unlink()


def _drop_unread(inside: Path, sources: set[str]) -> None:
    """Torch looks into its own source where it registers operators; the rest is never read."""
    for file in (inside / "torch").rglob("*.py"):
        if file.relative_to(inside).as_posix() not in sources:
            file.unlink()


def _drop_unlinked(bundle: Path) -> None:
    """Shared libraries that nothing is linked with any more, step by step, and links to nothing."""
    files = [file for file in bundle.rglob("*") if file.is_file() and not file.is_symlink()]
    files = [file for file in files if ".so" in file.name or file.parent == bundle]
    needed = {file: _needed(file) for file in files}
    kept = reached([file for file in files if not is_library(file)], needed)
    for file in set(files) - kept:
        file.unlink()
    for link in bundle.rglob("*"):
        if link.is_symlink() and not link.exists():
            link.unlink()


def is_module(name: str) -> bool:
    """Whether a file is a compiled module for Python."""
    return ".cpython-" in name or ".abi3." in name


def is_library(file: Path) -> bool:
    """Whether a file is of use only to what is linked with it: no program, module or plugin."""
    if is_module(file.name) or file.name in LOADED_BY_NAME or {"plugins", CUDA} & {*file.parts}:
        return False
    return file.name.startswith("lib") and not file.name.startswith("libpython")


def module_name(path: Path) -> str:
    """The dotted name of a compiled module by its place in the bundle."""
    return ".".join((*path.parts[:-1], path.name.partition(".")[0]))


def reached(roots: list[Path], needed: dict[Path, set[str]]) -> set[Path]:
    """Files that the roots are linked with, step by step, and the roots; links go by name, so all
    files of one name stay together.
    """
    by_name: dict[str, list[Path]] = {}
    for file in needed:
        by_name.setdefault(file.name, []).append(file)
    kept: set[Path] = set()
    waiting = list(roots)
    while waiting:
        file = waiting.pop()
        if file not in kept:
            kept.add(file)
            waiting += [other for name in needed[file] for other in by_name.get(name, [])]
    return kept


def _needed(file: Path) -> set[str]:
    told = subprocess.run(
        ["readelf", "-dW", str(file)], check=False, capture_output=True, text=True
    )
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", told.stdout))


def _libraries(bundle: Path) -> list[Path]:
    found = [file for file in bundle.rglob("*.so*") if not file.is_symlink()]
    return [file for file in found if not any(part in file.as_posix() for part in LEFT_ALONE)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
