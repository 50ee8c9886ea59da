"""A picture of the 3D pane at several times its size, with everything that it says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from jrviewer.core.prediction import Prediction
from jrviewer.export.scene_picture import ScenePicture

if TYPE_CHECKING:  # it imports pyvista
    from jrviewer.rendering.scene import Scene


def take_picture(
    scene: Scene, prediction: Prediction, title: str, words: tuple[str, ...]
) -> ScenePicture | None:
    """Draw what a scene shows again, larger; on the GUI thread, about a second without a graphics
    card. None where nothing is shown.
    """
    from jrviewer.rendering.larger_picture import larger_picture

    QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        pixels = larger_picture(scene)
    finally:
        QGuiApplication.restoreOverrideCursor()
    return None if pixels is None else ScenePicture(prediction, pixels, title, words)
