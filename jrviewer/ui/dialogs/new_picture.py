"""Where the picture of the 3D pane goes."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jrviewer.export.scene_picture import ScenePicture


def write_new_picture(picture: "ScenePicture", path: Path) -> str:
    """Write a PNG; the name that it got, numbered where another file has the one asked for. Raises
    ExportError where the system refuses or the name would give the patient away.
    """
    from jrviewer.export.scene_picture import write_scene_picture

    return write_scene_picture(picture, path)
