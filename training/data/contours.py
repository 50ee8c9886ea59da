"""A slice's own contours of skin, bone and air on the canonical 128 × 128 grid, and their extrusion
along the normal.

Box coordinates throughout. The masks follow `jrviewer.imaging.body_masks.volume_masks`, in 2D at
3.5 mm.
"""

import numpy as np
from scipy import ndimage

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, BOX_PIXELS, FloatArray
from jrviewer.core.records import Structure
from jrviewer.imaging.body_masks import AIR_HU, BONE_HU, BoolArray, body_mask
from jrviewer.imaging.canonical_image import CANONICAL_PIXEL_MM
from training.data.true_surfaces import SHARES
from training.metrics.scores import Labels, nearest_mm

SMALLEST_AIR_PIXELS = 4
NEAR_PLANE_MM = 5.0


def slice_masks(image: FloatArray) -> dict[Structure, BoolArray]:
    """Body, bone and air of a canonical image (128, 128) in HU."""
    body = body_mask(image, "HU", (CANONICAL_PIXEL_MM, CANONICAL_PIXEL_MM))
    bone = ndimage.binary_opening(body & (image > BONE_HU), np.ones((2, 2), bool))
    air = ndimage.binary_erosion(body, iterations=2) & (image < AIR_HU)
    parts, _ = ndimage.label(air)
    large = np.bincount(parts.ravel()) >= SMALLEST_AIR_PIXELS
    return {Structure.SKIN: body, Structure.BONE: bone, Structure.AIR: air & large[parts]}


def segments(mask: BoolArray) -> FloatArray:
    """The contour of a mask as segments (S, 2 ends, xy), closed where it meets the image's edge."""
    from skimage.measure import find_contours

    lines = find_contours(np.pad(mask, 1).astype(np.float32), 0.5)
    if not lines:
        return np.zeros((0, 2, 2))
    ends = np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in lines])
    xy: FloatArray = (ends[..., ::-1] - 1 + 0.5) / BOX_PIXELS * 2 - 1
    return xy


def extrusion(image: FloatArray, count: int, seed: int) -> tuple[FloatArray, Labels]:
    """The slice's contours extruded through the whole depth of the box, sampled with the truth's
    shares: points (count, 3) and labels (count,).
    """
    random = np.random.default_rng(seed)
    outlines = {label: segments(mask) for label, mask in slice_masks(image).items()}
    present = [label for label, outline in outlines.items() if len(outline)]
    if not present:
        return np.zeros((count, 3), np.float32), np.zeros(count, np.uint8)
    points, labels = [], []
    for label, number in zip(present, _numbers(present, count), strict=True):
        points.append(_drawn_out(outlines[label], number, random))
        labels.append(np.full(number, label, np.uint8))
    return np.concatenate(points).astype(np.float32), np.concatenate(labels)


def plane_pixels(points: FloatArray, image: FloatArray) -> FloatArray:
    """Distance in pixels of the points within 5 mm of the slice plane to the slice's contours."""
    outline = np.concatenate([segments(mask).mean(axis=1) for mask in slice_masks(image).values()])
    near = points[np.abs(points[:, 2]) * BOX_HALF_WIDTH_MM <= NEAR_PLANE_MM]
    if not len(near) or not len(outline):
        return np.zeros(0)
    flat = near * np.array([1.0, 1.0, 0.0])
    return nearest_mm(flat, np.pad(outline, ((0, 0), (0, 1)))) / CANONICAL_PIXEL_MM


def _numbers(present: list[Structure], count: int) -> list[int]:
    shares = np.cumsum([SHARES[label] for label in present])
    return [int(n) for n in np.diff(np.rint(shares / shares[-1] * count), prepend=0)]


def _drawn_out(outline: FloatArray, count: int, random: np.random.Generator) -> FloatArray:
    """Points (count, 3) evenly along the segments, at depths drawn evenly."""
    lengths = np.linalg.norm(outline[:, 1] - outline[:, 0], axis=1)
    ends = np.cumsum(lengths)
    along = (np.arange(count) + random.random(count)) / max(count, 1) * ends[-1]
    chosen = np.minimum(np.searchsorted(ends, along), len(ends) - 1)
    part = ((ends[chosen] - along) / np.maximum(lengths[chosen], 1e-9))[:, None]
    xy = outline[chosen, 1] * (1 - part) + outline[chosen, 0] * part
    half = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM
    z = random.permutation((np.arange(count) + random.random(count)) / max(count, 1)) * 2 - 1
    return np.column_stack([xy, z * half])
