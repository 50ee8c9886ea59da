"""What is body, bone and air: one definition for inference, surfaces and training.

Works on plain arrays; knows neither networks nor files. scipy is imported where it is used, because
start-up defers it.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from jrviewer.core.filters import finite, gaussian
from jrviewer.core.geometry import FloatArray
from jrviewer.core.morphology import box_around, dilated_within, eroded
from jrviewer.core.records import Structure, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


BoolArray = npt.NDArray[np.bool_]

BODY_HU = -300.0
BONE_HU = 200.0
AIR_HU = -500.0
OUTSIDE_HU = -1000.0

_WORKING_PIXELS = 256  # finer images are averaged down: faster, and noise falls with it
_SMALL_PART = 0.1  # of the largest part: arms and legs lie above, table rims and cloth below
_ISLAND = 0.05  # of a slice's largest part
_SMALLEST_AIR_VOXELS = 64  # 1.7 ml at 3 mm: a gas bubble, not a noisy voxel
_LARGE_BODY_MM2 = 6000.0  # a cut as large does not begin or end within a slice or two
_SHARED = 0.6  # of what either of two neighbours covers


def body_mask(
    pixels: FloatArray,
    unit: Unit,
    spacing_mm: tuple[float, float] | None = None,
    *,
    fill: bool = True,
) -> BoolArray:
    """The body in one slice, (rows, columns): every part of at least a tenth of the largest, holes
    filled.

    Parts beside the largest are kept because two legs, or arms laid beside the head, are body too,
    and the box's centre must lie between them. Values are HU, or any unit in which air is dark
    ("stored"). `spacing_mm` (between rows, between columns) says how much to smooth; without it
    about 1 mm is assumed. All False where there is no body. Who asks how far it reaches alone need
    not `fill` its holes.
    """
    factor = max(1, round(max(pixels.shape) / _WORKING_PIXELS))
    small = _averaged(finite(pixels, OUTSIDE_HU), factor)
    step_mm = factor * (sum(spacing_mm) / 2 if spacing_mm else 1.0)
    small = gaussian(small, min(1.0, 1.5 / step_mm), truncate=2.5)
    found = small > BODY_HU if unit == "HU" else _closed(small > _above_dark(small), 6.0 / step_mm)
    opened = _without_thin_parts(found, radius=round(min(3.0 / step_mm, 3.0)))
    near = box_around(opened, 1)  # all beyond is one part of the background
    parts = _large_parts(opened[near], _SMALL_PART)
    body = np.zeros_like(opened)
    body[near] = _filled(parts) if fill else parts
    return _repeated(body, factor, pixels.shape)


def body_centre(mask: BoolArray) -> tuple[float, float] | None:
    """(row, column) in the middle of the body's bounding box; None where there is no body."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return (float(rows[0] + rows[-1]) / 2, float(columns[0] + columns[-1]) / 2)


def volume_masks(voxels_hu: FloatArray) -> dict[Structure, BoolArray]:
    """Body, bone and air of an isotropic 3 mm volume (z, y, x), the first with its holes filled
    slice by slice.
    """
    from scipy import ndimage

    body = _volume_body(voxels_hu > BODY_HU)
    # Two voxels wide: noise and calcifications go, the skull (6 mm) stays; a 3-voxel cross eats it.
    bone = ndimage.binary_opening(body & (voxels_hu > BONE_HU), np.ones((2, 2, 2), bool))
    air = _eroded(body, 2) & (voxels_hu < AIR_HU)
    return {
        Structure.SKIN: body,
        Structure.BONE: bone,
        Structure.AIR: _parts_of_size(air, _SMALLEST_AIR_VOXELS),
    }


def whole_slices(layers: "Iterable[FloatArray]", spacing_mm: tuple[float, float]) -> range:
    """Of the layers (rows, columns) in HU of a volume, the run with most of the body in which it
    goes on as a body does.

    Published volumes are sometimes masked: from one slice to the next half the body is blank. What
    lies beyond such a break counts as not scanned, else the break would be a flat piece of skin.
    """
    masks = [body_mask(layer, "HU", spacing_mm) for layer in layers]
    areas = np.array([mask.sum() for mask in masks]) * (spacing_mm[0] * spacing_mm[1])
    starts = [0, *(i for i in range(1, len(masks)) if _is_break(masks, areas, i)), len(masks)]
    runs = [range(first, end) for first, end in pairwise(starts)]
    return max(runs, key=lambda run: float(areas[run.start : run.stop].sum()))


def _is_break(masks: "Sequence[BoolArray]", areas_mm2: FloatArray, index: int) -> bool:
    """Whether a slice and the one before it share less than the top of a head would."""
    before, after = masks[index - 1], masks[index]
    if areas_mm2[index - 1 : index + 1].max() < _LARGE_BODY_MM2:
        return False
    return bool((before & after).sum() < _SHARED * (before | after).sum())


def _volume_body(found: BoolArray) -> BoolArray:
    """The largest part in 3D, cut where it hangs on by less than three voxels, filled per slice.

    Islands in a slice of under 5 % of its body are dropped: a table's rail that an elbow rests on
    is one part with the body in 3D.
    """
    from scipy import ndimage

    cross = ndimage.generate_binary_structure(3, 1)
    # The ends in z are padded with copies: the body goes on there and must not be worn down.
    padded = np.pad(found, ((1, 1), (1, 1), (1, 1)), mode="edge")
    core = _large_parts(ndimage.binary_erosion(padded, cross, border_value=1), share=1.0)
    # Twice as far as was worn off, within what was found: ears and nose come back, a table stays.
    body = ndimage.binary_dilation(core, cross, iterations=2, mask=padded)[1:-1, 1:-1, 1:-1]
    return np.stack([_filled(_large_parts(layer, _ISLAND)) for layer in body])


def _eroded(body: BoolArray, steps: int) -> BoolArray:
    """The body without its outermost voxels in-plane."""
    from scipy import ndimage

    cross = ndimage.generate_binary_structure(2, 1)[np.newaxis]
    return ndimage.binary_erosion(body, cross, iterations=steps)


def _averaged(pixels: FloatArray, factor: int) -> FloatArray:
    """Means of factor × factor blocks, the last ones completed by repeating the edge."""
    if factor == 1:
        return pixels.astype(np.float32)
    rows, columns = (-(-size // factor) * factor for size in pixels.shape)
    whole = np.pad(pixels, ((0, rows - pixels.shape[0]), (0, columns - pixels.shape[1])), "edge")
    summed = sum(whole[i::factor, j::factor] for i in range(factor) for j in range(factor))
    return np.asarray(summed / factor**2, dtype=np.float32)


def _repeated(mask: BoolArray, factor: int, shape: "Sequence[int]") -> BoolArray:
    return mask.repeat(factor, axis=0).repeat(factor, axis=1)[: shape[0], : shape[1]]


def _without_thin_parts(mask: BoolArray, radius: int) -> BoolArray:
    """Opened, but what still hangs on within the radius is given back."""
    if radius < 1:
        return mask
    # The image's edge may cut through the body: outside it counts as body for the erosion.
    return dilated_within(eroded(mask, radius, beyond=True), radius, mask)


def _closed(mask: BoolArray, radius: float) -> BoolArray:
    """With gaps bridged, as dark bone parts the skin from the rest of a head in MR."""
    from scipy import ndimage

    steps = max(1, round(min(radius, 6.0)))
    cross = ndimage.generate_binary_structure(2, 1)
    padded = np.pad(mask, steps)  # scipy's closing wears the mask down at the image's edge
    return ndimage.binary_closing(padded, cross, iterations=steps)[steps:-steps, steps:-steps]


def _large_parts(mask: BoolArray, share: float) -> BoolArray:
    """Connected parts with at least a share of the largest one's size."""
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    if not count:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    keep: BoolArray = sizes >= max(1.0, share * sizes.max())
    return keep[labels]


def _parts_of_size(mask: BoolArray, smallest: int) -> BoolArray:
    from scipy import ndimage

    labels, _ = ndimage.label(mask)
    keep: BoolArray = np.bincount(labels.ravel()) >= smallest
    keep[0] = False
    return keep[labels]


def _filled(mask: BoolArray) -> BoolArray:
    """Without holes: every background part that does not touch the edge is one (by labels, as
    scipy's own filling takes ten times as long).
    """
    from scipy import ndimage

    labels, count = ndimage.label(~mask)
    outside = np.zeros(count + 1, dtype=bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        outside[edge] = True
    outside[0] = False  # the mask itself, where it touches the edge
    filled: BoolArray = ~outside[labels]
    return filled


def _above_dark(image: FloatArray) -> float:
    """The threshold between background and body in units that no standard fixes, such as MR's.

    Otsu's threshold parts bright from dark tissue; applied again to what lies below, it parts dark
    tissue from the background.
    """
    first = _otsu(image)
    return _otsu(image[image < first])


def _otsu(image: FloatArray) -> float:
    """The threshold that parts dark from bright best (Otsu 1979); +inf for an even image."""
    low, high = float(image.min()), float(np.percentile(image, 99.5))
    if high <= low:
        return np.inf
    counts, edges = np.histogram(np.minimum(image, high), bins=256, range=(low, high))
    middles = (edges[:-1] + edges[1:]) / 2
    weight = np.cumsum(counts)
    total = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (total[-1] * weight / weight[-1] - total) ** 2 / (weight * (weight[-1] - weight))
    return float(middles[np.nanargmax(between[:-1])])
