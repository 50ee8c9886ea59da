"""Synthetic volumes whose surfaces are known by arithmetic."""

from pathlib import Path

import numpy as np

from training.data.volumes import Entry, Int16Array, Volume

Spacing = tuple[float, float, float]


def make_volume(voxels: Int16Array, spacing_mm: Spacing = (3.0, 3.0, 3.0)) -> Volume:
    entry = Entry("made", "made", "chest", "CT", "train", Path("made.npz"))
    return Volume(entry, voxels, spacing_mm)


def sphere(radius_mm: float, centre_mm: Spacing, extent_mm: Spacing, spacing_mm: Spacing) -> Volume:
    """Water in air; centre, extent and spacings in the order z, y, x. Edges are blurred over a
    voxel, as a scanner does.
    """
    axes = [np.arange(0, size, step) for size, step in zip(extent_mm, spacing_mm, strict=True)]
    grids = np.meshgrid(*axes, indexing="ij")
    squares = [(grid - middle) ** 2 for grid, middle in zip(grids, centre_mm, strict=True)]
    depth = np.clip((radius_mm - np.sqrt(sum(squares))) / 2 + 2 / 3, 0, 1)
    # Two thirds up from −1000 to 50 HU are −300 HU, where the body begins.
    return make_volume(np.rint(-1000 + 1050 * depth).astype(np.int16), spacing_mm)
