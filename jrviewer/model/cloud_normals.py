"""Which way the surface faces at each point of a cloud: out of the body, the bone or the air.

The slice itself says so: its values fall from the inside of a bone to the outside. So a normal is
the slope of the slice where the point lies over it, and lies in the slice's plane. Against the
surface measured from a whole chest (points within 5 mm of it) that is as good as the planes fitted
to neighbouring points or to the network's probability, and unlike those it knows inside from
outside. Deterministic; arrays in, arrays out.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from jrviewer.core.geometry import BOX_PIXELS, FloatArray
from jrviewer.core.records import Structure

SMOOTH_PIXELS = 1.0  # of the canonical image, 3.5 mm: what is finer is texture
# Between which values, in HU, a structure has its edge, and whether they fall outwards.
EDGES: dict[Structure, tuple[float, float, int]] = {
    Structure.SKIN: (-700.0, 0.0, -1),
    Structure.BONE: (0.0, 600.0, -1),
    Structure.AIR: (-900.0, -100.0, 1),
}
FLAT = 0.5  # HU per pixel: as weak a slope as this does not outweigh the way out of the box


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """How the slice's values rise in the canonical box across the edge of each structure."""

    along: dict[Structure, tuple[FloatArray, FloatArray]]  # the box's x and y: HU per pixel

    @classmethod
    def of(cls, image: FloatArray) -> Self:
        """Those of a canonical image (128, 128) in HU."""
        from scipy import ndimage

        whole = np.rint(image).clip(-32768, 32767)
        along: dict[Structure, tuple[FloatArray, FloatArray]] = {}
        for structure, (low, high, _) in EDGES.items():
            values = whole.clip(low, high).astype(np.float32)
            smooth = ndimage.gaussian_filter(values, SMOOTH_PIXELS, truncate=3)
            down, across = (np.asarray(one) for one in np.gradient(smooth))
            along[structure] = across, down
        return cls(along)

    def normals(self, points: FloatArray, labels: NDArray[np.uint8]) -> FloatArray:
        """Unit vectors (N, 3) float32, in the box's axes, of points (N, 3) in box coordinates."""
        from scipy import ndimage

        found = np.zeros((len(points), 3))
        places = (points[:, 1::-1].T + 1) / 2 * BOX_PIXELS - 0.5  # row, column
        outwards = points[:, :2].astype(float)
        outwards /= np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1e-6)
        for structure, slopes in self.along.items():
            mine, (*_, sign) = labels == structure, EDGES[structure]
            for axis, slope in enumerate(slopes):
                there = ndimage.map_coordinates(slope, places[:, mine], order=1, mode="nearest")
                found[mine, axis] = sign * there
        found[:, :2] += FLAT * outwards
        length = np.linalg.norm(found, axis=1, keepdims=True)
        found = np.where(length > 1e-6, found / np.maximum(length, 1e-6), (0.0, 0.0, 1.0))
        return found.astype(np.float32)
