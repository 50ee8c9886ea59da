"""The 3D picture of a prediction without OpenGL: for sheets that a worker or a command draws.

The same splats as in the window, seen from the front, left and above without perspective; slower
and plainer, and the same on every computer.
"""

from typing import TYPE_CHECKING

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Structure, UInt8Array
from jrviewer.imaging.windowing import default_window, to_grey
from jrviewer.rendering.look import (
    BACKGROUND,
    VIEWS,
    Look,
    point_colours,
    skin_by_default,
    slice_corners,
)
from jrviewer.rendering.splats import SOFTNESSES, Eye, Quads, quads_seen, splats_of

if TYPE_CHECKING:
    from PIL.Image import Image

_CIRCLE = np.linspace(0, 2 * np.pi, 20, endpoint=False)
_FINE = 2  # drawn so many times larger: PIL's edges are jagged
_FAR_MM = 2000.0
_SHELLS = (1.0, 0.72, 0.45)  # of a soft splat


def draw_still(
    prediction: Prediction, size: tuple[int, int], *, with_skin: bool | None = None
) -> UInt8Array | None:
    """A picture (height, width, RGB) of the cloud with its slice; None where there is no cloud.

    None leaves the skin out where it may be a face.
    """
    from PIL import Image

    cloud = prediction.compute_dense_cloud() or prediction.cloud
    if cloud is None:
        return None
    shown = skin_by_default(prediction) if with_skin is None else with_skin
    chosen = np.flatnonzero(shown | (cloud.labels != Structure.SKIN))
    look = Look()
    splats = splats_of(cloud, chosen, point_colours(cloud, look.colouring)[chosen], look)
    if not len(splats):
        return None
    axes = _axes()
    middle = (splats.places.min(axis=0) + splats.places.max(axis=0)) / 2
    eye = Eye(middle + _FAR_MM * axes[2], axes)
    on_page = _Page(middle, axes, splats.places, (size[0] * _FINE, size[1] * _FINE))
    picture = Image.new("RGB", on_page.size, BACKGROUND)
    corners = slice_corners(prediction.slice, cloud)
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    normal = np.cross(across, down)
    is_near = (splats.places - corners[0]) @ normal * (axes[2] @ normal) > 0
    behind, before = quads_seen(splats, eye, 1.0, ~is_near, is_near)
    _draw(picture, behind, on_page)
    _draw_slice(picture, prediction, on_page(corners))
    _draw(picture, before, on_page)
    return np.asarray(picture.resize(size, Image.Resampling.BOX))


def _axes() -> FloatArray:
    """Rows: to the right, up, towards the viewer."""
    towards, up = (np.array(way, dtype=float) for way in VIEWS["oblique"])
    back = towards / np.linalg.norm(towards)
    up -= (up @ back) * back
    up /= np.linalg.norm(up)
    return np.stack([np.cross(up, back), up, back])


class _Page:
    """Places (N, 3) to pixels (N, 2), so that all of some places fit."""

    def __init__(
        self, middle: FloatArray, axes: FloatArray, places: FloatArray, size: tuple[int, int]
    ) -> None:
        self.size, self._middle, self._axes = size, middle, axes
        reach = np.abs((places - middle) @ axes[:2].T).max(axis=0) + 10.0
        self._scale = float((np.array(size) / 2 / reach).min())

    def __call__(self, places: FloatArray) -> FloatArray:
        flat = (places - self._middle) @ self._axes[:2].T * self._scale
        return np.asarray(np.array(self.size) / 2 + flat * (1, -1))


def _draw(picture: "Image", quads: Quads, on_page: _Page) -> None:
    from PIL import ImageDraw

    pen = ImageDraw.Draw(picture, "RGBA")
    corners = on_page(quads.corners).reshape(-1, 4, 2)
    middles = corners.mean(axis=1)
    first, second = (corners[:, 1] - corners[:, 0]) / 2, (corners[:, 3] - corners[:, 0]) / 2
    softness = quads.textures.reshape(-1, 4, 2)[:, 0, 0] * SOFTNESSES
    ring = np.stack([np.cos(_CIRCLE), np.sin(_CIRCLE)])
    outlines = first[:, None] * ring[0][:, None] + second[:, None] * ring[1][:, None]
    colours = quads.colours.reshape(-1, 4, 4)[:, 0].tolist()
    for middle, outline, soft, (*rgb, opacity) in zip(
        middles, outlines, softness, colours, strict=True
    ):
        shells = (0.85,) if soft < 1 else _SHELLS
        for share in shells:
            ellipse = (middle + share * outline).ravel().tolist()
            pen.polygon(ellipse, fill=(*rgb, max(1, round(opacity / len(shells)))))


def _draw_slice(picture: "Image", prediction: Prediction, corners: FloatArray) -> None:
    """The slice on its plane, dark values let through as in the window."""
    from PIL import Image

    shown = prediction.slice
    grey = to_grey(shown, shown.pixels, default_window(shown))
    rows, columns = grey.shape
    values = grey.astype(np.float32)
    rgba = np.empty((rows, columns, 4), np.uint8)
    rgba[..., :3] = (values * 0.82)[..., None]
    rgba[..., 3] = 80 + values * (135 / 255)
    # From a pixel of the page to one of the slice: the way back of its two sides.
    across, down = (corners[1] - corners[0]) / columns, (corners[3] - corners[0]) / rows
    sides = np.stack([across, down], axis=1)
    if abs(np.linalg.det(sides)) < 1e-6:
        return  # seen from its edge
    back = np.linalg.inv(sides)
    shift = -back @ corners[0]
    data = (back[0, 0], back[0, 1], shift[0], back[1, 0], back[1, 1], shift[1])
    turned = Image.fromarray(rgba).transform(
        picture.size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
    )
    picture.paste(turned, (0, 0), turned)
