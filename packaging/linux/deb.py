"""Makes the Debian package and a tar.gz of a bundle: `python packaging/linux/deb.py dist/JRViewer`.

The package puts the bundle into /opt/jrviewer, the command into the path, and JRViewer into the
menu and into "open with" for DICOM files. The tar.gz is the same bundle for people who may not
install anything: unpack it and start JRViewer/JRViewer.
"""

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
ICON_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
# What Qt and VTK load from the system; .ci/apt.txt lists the same for a run from source.
DEPENDS = (
    *("libegl1", "libgl1", "libgl1-mesa-dri", "libxkbcommon-x11-0", "libxcb-cursor0"),
    *("libxcb-icccm4", "libxcb-keysyms1", "libxcb-image0", "libxcb-render-util0"),
    *("libxcb-shape0", "libdbus-1-3", "libfontconfig1", "fontconfig"),
)


def main() -> int:
    """Print the files that were made with their size and SHA-256."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    bundle = parser.parse_args().bundle.resolve()
    dist = bundle.parent
    made = [_package(bundle, dist), _archive(bundle, dist)]
    for path in made:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sys.stdout.write(f"{path.stat().st_size / 1e6:8.1f} MB  {digest}  {path.name}\n")
    return 0


def version() -> str:
    """The version, from the one place that has it."""
    text = (ROOT / "jrviewer" / "__init__.py").read_text("utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    if not found:
        raise SystemExit("jrviewer/__init__.py names no version.")
    return found.group(1)


def control(installed_kb: int) -> str:
    """The package's control file."""
    return (
        "Package: jrviewer\n"
        f"Version: {version()}\n"
        f"Architecture: {_architecture()}\n"
        "Maintainer: The JRViewer team <jrviewer@users.noreply.github.com>\n"
        f"Installed-Size: {installed_kb}\n"
        f"Depends: libc6 (>= {_glibc()}), {', '.join(DEPENDS)}\n"
        "Section: science\n"
        "Priority: optional\n"
        "Description: Denoise one medical slice and infer its anatomy in 3D\n"
        " Opens DICOM slices, shows each beside its denoised twin and a cloud of the anatomy\n"
        " inferred from it, all on this computer. Research preview. Not for diagnosis or\n"
        " treatment.\n"
    )


def _package(bundle: Path, dist: Path) -> Path:
    target = dist / f"jrviewer_{version()}_{_architecture()}.deb"
    with tempfile.TemporaryDirectory(dir=dist) as folder:
        tree = Path(folder)
        tree.chmod(0o755)
        shutil.copytree(bundle, tree / "opt/jrviewer", symlinks=True, copy_function=os.link)
        _place(HERE / "jrviewer.desktop", tree / "usr/share/applications/jrviewer.desktop")
        for size in ICON_SIZES:
            icon = bundle / "_internal" / "icons" / f"JRViewer-{size}.png"
            _place(icon, tree / f"usr/share/icons/hicolor/{size}x{size}/apps/jrviewer.png")
        _place(
            ROOT / "resources/icons/app.svg",
            tree / "usr/share/icons/hicolor/scalable/apps/jrviewer.svg",
        )
        _place(ROOT / "LICENSE", tree / "usr/share/doc/jrviewer/copyright")
        command = tree / "usr/bin/jrviewer"
        command.parent.mkdir(parents=True)
        command.symlink_to("/opt/jrviewer/JRViewer")
        size_kb = sum(f.lstat().st_size for f in tree.rglob("*") if f.is_file()) // 1024
        (tree / "DEBIAN").mkdir()
        (tree / "DEBIAN" / "control").write_text(control(size_kb), "utf-8")
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zxz", "-z6", "--build", str(tree), str(target)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return target


def _archive(bundle: Path, dist: Path) -> Path:
    target = dist / f"JRViewer-{version()}-linux-{_architecture()}.tar.gz"
    with tarfile.open(target, "w:gz", compresslevel=6) as archive:
        archive.add(bundle, "JRViewer", filter=_as_root)
    return target


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o644)


def _architecture() -> str:
    told = subprocess.run(
        ["dpkg", "--print-architecture"], check=True, capture_output=True, text=True
    )
    return told.stdout.strip()


def _glibc() -> str:
    """The C library it was built on: an older one lacks symbols that the bundle uses."""
    return platform.libc_ver()[1]


if __name__ == "__main__":
    sys.exit(main())
