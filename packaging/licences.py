"""Collects the licences of everything in the bundle, a folder per package.

The packages are those that the app needs, with what they need themselves, as their own metadata
say, and PyInstaller, whose starter is in the bundle. cvista brings no text of its own: it is
a build of VTK under VTK's licence, which is kept in vtk_licence.txt. Libraries that Linux
itself gave come with the copyright files of their Debian packages; `--system` adds them.
"""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

TELLING = re.compile(r"(^|/)(licen[cs]e|copying|notice|authors|third.?party)", re.IGNORECASE)
CODE = {".py", ".pyc", ".h", ".so"}
VTKS = Path(__file__).resolve().parent / "vtk_licence.txt"
APP = Path(__file__).resolve().parent.parent / "pyproject.toml"


def main(folder: Path) -> None:
    """Fill the folder. Raises SystemExit where a package brings no licence and names none."""
    silent = []
    for name in sorted(needed() | {"pyinstaller"}):
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        own = folder / name
        own.mkdir(parents=True, exist_ok=True)
        _copy_texts(package, own)
        _write_stated(package, own)
        if name.startswith("cvista"):
            shutil.copyfile(VTKS, own / "LICENSE.txt")
        if not any(own.iterdir()):
            silent.append(name)
    if silent:
        raise SystemExit(f"No licence found for: {', '.join(silent)}")
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if python.is_file():
        (folder / "python").mkdir(exist_ok=True)
        shutil.copyfile(python, folder / "python" / "LICENSE.txt")


def of_system(inside: Path) -> None:
    """Add the licences of the libraries that Linux itself gave: those that lie single in the bundle
    and are named like a Debian package's. Raises SystemExit where a package has none.
    """
    if not shutil.which("dpkg-query"):
        return
    single = [file for file in inside.glob("lib*.so*") if not file.is_symlink()]
    if not single:
        return
    folder = inside / "licences" / "system"
    folder.mkdir(parents=True, exist_ok=True)
    asked = [f"*/{file.name}" for file in single]
    told = subprocess.run(["dpkg-query", "-S", *asked], check=False, capture_output=True, text=True)
    for name in sorted({re.split("[:,]", line)[0] for line in told.stdout.splitlines()}):
        text = Path("/usr/share/doc", name, "copyright")
        if not text.is_file():
            raise SystemExit(f"No licence found for: {name}")
        shutil.copyfile(text, folder / f"{name}.txt")


def _copy_texts(package: importlib.metadata.Distribution, own: Path) -> None:
    for file in package.files or []:
        source = Path(str(package.locate_file(file)))
        if TELLING.search(str(file)) and file.suffix not in CODE and source.is_file():
            shutil.copyfile(source, own / re.sub(r"[^\w.-]+", "_", str(file))[-100:])


def _write_stated(package: importlib.metadata.Distribution, own: Path) -> None:
    about = package.metadata
    classifiers = [one for one in about.get_all("Classifier", []) if "License" in one]
    stated = [text for key in ("License-Expression", "License") if (text := first_of(about, key))]
    if stated or classifiers:
        lines = [f"{about['Name']} {package.version}", *stated, *classifiers]
        (own / "stated.txt").write_text("\n".join(lines) + "\n", "utf-8")


def first_of(about: importlib.metadata.PackageMetadata, key: str) -> str:
    """A field of a package's metadata, empty where there is none. Asking for it alone raises where
    importlib_metadata has been imported, and gives None elsewhere.
    """
    return next(iter(about.get_all(key, [])), "")


def needed() -> set[str]:
    """Names of all packages that the app's own requirements lead to."""
    block = APP.read_text("utf-8").split("\ndependencies = [", 1)[1].split("\n]", 1)[0]
    waiting = [_name(line) for line in re.findall(r'"([^"]+)"', block)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        try:
            required = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        waiting += [_name(one) for one in required if "extra ==" not in one]
    return found


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found.group()).lower() if found else ""


if __name__ == "__main__":
    if sys.argv[1] == "--system":
        of_system(Path(sys.argv[2]))
    else:
        main(Path(sys.argv[1]))
