"""Builds the desktop app for the system it runs on: `python packaging/build.py`.

Makes an environment of its own in build/env from packaging/requirements.lock (torch from the
version that pyproject.toml pins), then dist/JRViewer with PyInstaller, without what the app does
not use, with the licences of everything inside, and dist/JRViewer.cdx.json, which lists it, and
prints the sizes by part. `--here` builds with the packages of the Python that runs it.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGING, BUILD, DIST = ROOT / "packaging", ROOT / "build", ROOT / "dist"
BUNDLE = DIST / "JRViewer"


def main() -> int:
    """Build; the exit code says whether the bundle stands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--here", action="store_true", help="use this Python's packages")
    arguments = parser.parse_args()
    python = Path(sys.executable) if arguments.here else _environment()
    BUILD.mkdir(exist_ok=True)
    _run(python, PACKAGING / "icons.py", BUILD / "icons")
    # Before PyInstaller, which puts both into the macOS app as well and signs it with them.
    shutil.rmtree(BUILD / "licences", ignore_errors=True)
    _run(python, PACKAGING / "licences.py", BUILD / "licences")
    if sys.platform == "win32":
        _run(python, PACKAGING / "version_info.py", BUILD / "version.txt")
    _run(
        *(python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
        *("--distpath", DIST, "--workpath", BUILD / "pyinstaller", PACKAGING / "JRViewer.spec"),
    )
    if sys.platform == "linux":  # where linking can be read from the files
        probed = _told(python, PACKAGING / "probe.py")
        (BUILD / "probed.json").write_bytes(probed)
        _run(python, PACKAGING / "slim.py", BUNDLE, BUILD / "probed.json")
        _run(python, PACKAGING / "licences.py", "--system", BUNDLE / "_internal")
    _run(python, PACKAGING / "sbom.py", DIST / "JRViewer.cdx.json")
    _run(python, PACKAGING / "sizes.py", BUNDLE)
    return 0


def _environment() -> Path:
    """Python of the build's own environment, made anew where the lock or the pins have changed."""
    folder = BUILD / "env"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    lock = PACKAGING / "requirements.lock"
    wanted = lock.read_text("utf-8") + _torch_pin()
    made_from = folder / "made-from.txt"
    if made_from.is_file() and made_from.read_text("utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", folder)
    _run(python, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", lock)
    # Apart and without a hash: the same version is published for CPUs and for several CUDAs.
    _run(python, "-m", "pip", "install", "--quiet", _torch_pin())
    _check(python)
    made_from.write_text(wanted, "utf-8")
    return python


def _check(python: Path) -> None:
    """Whether all packages have what they ask for, but for VTK, in whose place cvista is."""
    told = subprocess.run(
        [str(python), "-m", "pip", "check"], check=False, capture_output=True, text=True
    )
    lines = told.stdout.splitlines()
    missing = [line for line in lines if "requires vtk, which is not installed" not in line]
    if told.returncode and (missing or not lines):
        raise SystemExit("\n".join([*missing, told.stderr]))


def _torch_pin() -> str:
    """The pin of torch in pyproject.toml, e.g. "torch==2.13.0"."""
    found = re.search(r'"(torch==[^"]+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    if not found:
        raise SystemExit("pyproject.toml pins no torch.")
    return found.group(1)


def _told(*command: str | Path) -> bytes:
    """What a program of the app's says on stdout."""
    return subprocess.run(
        [str(part) for part in command],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.PIPE,
    ).stdout


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
