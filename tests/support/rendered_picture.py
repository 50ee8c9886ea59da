"""What a plotter of a test shows."""

import numpy as np
import pyvista as pv

from jrviewer.core.records import UInt8Array


def picture(plotter: pv.Plotter) -> UInt8Array:
    plotter.show(auto_close=False)  # this draws
    image = plotter.screenshot(return_img=True)
    assert isinstance(image, np.ndarray)
    return image[..., :3]


def count_colour(image: UInt8Array, colour: tuple[int, int, int]) -> int:
    """Pixels whose hue is that of a colour, however brightly it is lit."""
    pixels = image.reshape(-1, 3).astype(float)
    length = np.linalg.norm(pixels, axis=1)
    cosine = pixels @ np.array(colour) / (length * np.linalg.norm(colour) + 1e-9)
    return int(((cosine > 0.995) & (length > 120)).sum())
