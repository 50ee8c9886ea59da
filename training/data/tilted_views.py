"""Views of planes slightly tilted through a volume.

They show the cloud head more cross-sections of few patients, each with another truth around it, as
with an oblique position of the patient or a tilted gantry. Unlike `training.data.augment` this
changes what lies in depth. Volume millimetres (x, y, z) unless a docstring says otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.imaging.body_masks import OUTSIDE_HU, body_centre, body_mask
from jrviewer.imaging.measured_surface import Surface
from training.data.views import View, view_of_plane
from training.data.volumes import Volume

MOST_DEGREES = 10.0
OFTENER = {"chest": 6, "abdomen": 6}  # planes, where volumes are few
LEAST_DEPTH_MM = 4.0  # that must exist on either side of a plane


@dataclass(frozen=True, slots=True, eq=False)
class Tilt:
    """A rotation about a point `centre` (x, y, z) of the new plane; `turn` (3, 3) maps the tilted
    volume's axes to the scanned one's.
    """

    centre: FloatArray
    turn: FloatArray

    def scanned(self, tilted: FloatArray) -> FloatArray:
        """Positions in the scanned volume of points (…, 3) of the tilted one."""
        return (tilted - self.centre) @ self.turn.T + self.centre

    def tilted(self, scanned: FloatArray) -> FloatArray:
        """Positions in the tilted volume of points (…, 3) of the scanned one."""
        return (scanned - self.centre) @ self.turn + self.centre


def tilted_views(volume: Volume, surface: Surface, step_mm: float) -> Iterator[View]:
    """Views of planes `step_mm` apart, or closer where the region has few patients, each tilted
    about a random axis in the plane; only planes that hold the whole body.
    """
    low, high = surface.z_range_mm
    step = step_mm / OFTENER.get(volume.entry.region, 1)
    for number, height in enumerate(np.arange(low + step / 2, high, step)):
        made = tilted_view(volume, surface, float(height), np.random.default_rng(number))
        if made is not None:
            yield made


def tilted_view(
    volume: Volume, surface: Surface, height_mm: float, random: np.random.Generator
) -> View | None:
    """The view of one plane; None where it leaves the existing slices within the body, holds no
    body, or has no surface around it.
    """
    index = round(height_mm / volume.spacing_mm[0])
    _, *spacing = volume.spacing_mm
    mask = body_mask(volume.voxels[index].astype(np.float32), "HU", (spacing[0], spacing[1]))
    centre = body_centre(mask)
    if centre is None:
        return None
    x, y = centre[1] * spacing[1], centre[0] * spacing[0]
    tilt = drawn(np.array([x, y, height_mm]), random)
    row, column = np.mgrid[: mask.shape[0], : mask.shape[1]]
    plane = np.stack(
        [column * spacing[1], row * spacing[0], np.full(mask.shape, height_mm)], axis=-1
    )
    points = tilt.scanned(plane)
    low, high = surface.z_range_mm
    missing = (points[..., 2] < low) | (points[..., 2] > high)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if missing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].any():
        return None
    pixels = ndimage.map_coordinates(
        volume.voxels,
        (points[..., ::-1] / volume.spacing_mm).transpose(2, 0, 1),
        order=1,
        cval=OUTSIDE_HU,
        output=np.float32,
    )
    around = tilted_surface(surface, tilt)
    below, above = (height - height_mm for height in around.z_range_mm)
    if below > -LEAST_DEPTH_MM or above < LEAST_DEPTH_MM or not len(around.labels):
        return None
    return view_of_plane(
        volume, around, index, pixels, height_mm, seed=int(random.integers(1 << 31))
    )


def drawn(centre: FloatArray, random: np.random.Generator) -> Tilt:
    """A random rotation of up to MOST_DEGREES about any axis in the plane."""
    axis, angle = random.uniform(0, 2 * np.pi), np.deg2rad(random.uniform(0, MOST_DEGREES))
    turn = Rotation.from_rotvec(angle * np.array([np.cos(axis), np.sin(axis), 0.0]))
    return Tilt(centre, turn.as_matrix())


def tilted_surface(surface: Surface, tilt: Tilt) -> Surface:
    """The surface in the tilted volume around the tilt's centre, between the heights at which the
    existing slices hold the whole body.
    """
    near = np.abs(surface.triangles_mm[:, 0] - tilt.centre).max(axis=1) < 1.5 * BOX_HALF_WIDTH_MM
    triangles = tilt.tilted(surface.triangles_mm[near]).astype(np.float32)
    away = np.abs(triangles - tilt.centre.astype(np.float32))
    inside = (away[..., :2].max(axis=(1, 2)) < BOX_HALF_WIDTH_MM) & (
        away[..., 2].max(axis=1) < BOX_HALF_DEPTH_MM
    )
    reach = away[inside].max(axis=(0, 1), initial=0.0)
    rise = np.abs(tilt.turn[2])  # how high the tilted axes rise in the scanned volume
    lost = rise[0] * reach[0] + rise[1] * reach[1]
    scanned_low, scanned_high = (end - tilt.centre[2] for end in surface.z_range_mm)
    low, high = (scanned_low + lost) / rise[2], (scanned_high - lost) / rise[2]
    heights = triangles[..., 2] - tilt.centre[2]
    whole = (heights.min(axis=1) >= low) & (heights.max(axis=1) <= high)
    return Surface(
        triangles[whole],
        surface.labels[near][whole],
        (float(low + tilt.centre[2]), float(high + tilt.centre[2])),
    )
