"""Where the bundled files are: the same call in a checkout, a wheel and the frozen app."""

import sys
from pathlib import Path

from jrviewer.core.errors import JRViewerError


def resource(name: str) -> Path:
    """Path of a bundled file or folder, e.g. "model/joint.safetensors". Raises JRViewerError when
    it is missing.
    """
    for root in _roots():
        if (path := root / name).exists():
            return path
    raise JRViewerError(
        f"The bundled file “{name}” is missing from this installation. "
        "Install JRViewer again; nothing was changed."
    )


def _roots() -> list[Path]:
    package = Path(__file__).resolve().parents[1]
    frozen = getattr(sys, "_MEIPASS", None)  # set by PyInstaller's boot loader
    roots = [Path(frozen) / "resources"] if frozen else []
    return [*roots, package / "resources", package.parent / "resources"]
