"""What a scene shows, drawn again at several times its size on a plotter of its own, off screen."""

from typing import Any

import numpy as np
import pyvista as pv

from jrviewer.core.records import UInt8Array
from jrviewer.rendering.scene import Scene

MOST_PIXELS = 4096  # of a side: what every OpenGL can draw
LEAST, MOST = 2, 4


def larger_picture(scene: Scene) -> UInt8Array | None:
    """The picture (rows, columns, RGB) at two to four times the size on screen, as large as a side
    of MOST_PIXELS allows; None where nothing is shown.
    """
    if scene.shown is None:
        return None
    prediction, grey, look, beside = scene.shown
    width, height = scene.size
    scale = int(np.clip(MOST_PIXELS // max(width, height, 1), LEAST, MOST))
    plotter = pv.Plotter(off_screen=True, window_size=[width * scale, height * scale])
    window: Any = plotter.render_window
    window.SetDPI(scale * window.GetDPI())  # of words
    try:
        again = Scene(plotter)
        again.show(prediction, grey, look.at_pixel_ratio(look.pixel_ratio * scale), beside)
        again.show_rulers(scene.drawn_rulers, None)
        scene.camera.copy_to(plotter.camera)
        plotter.renderer.ResetCameraClippingRange()
        plotter.show(auto_close=False)
        picture = plotter.screenshot(return_img=True)
        assert isinstance(picture, np.ndarray)
        return np.ascontiguousarray(picture[..., :3])
    finally:
        plotter.close()
