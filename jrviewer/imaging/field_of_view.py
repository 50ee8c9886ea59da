"""How much of a body's outline is the picture's own edge, as the field of view cuts the body off;
how alike the body's two sides are, as only in slices across it; and its front and its back, as in
the vertex of a head alone; and whether it is a body or a shell.

The edge is that of the picture, or the circle in it within which scanners reconstruct, where
nothing lies beyond. Arrays alone.
"""

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.imaging.body_masks import BoolArray

WORKING_PIXELS = 256  # of the longer side; a finer mask has no finer outline
SHOWN_HU = (-200.0, 300.0)
RIM_PIXELS = 2.0  # the circle's rim: the mask ends where a smoothed pixel does


def cut_share(body: BoolArray, pixels: FloatArray) -> float:
    """Share, 0 to 1, of the outline of a body mask (rows, columns) that lies on the edge of the
    pixels (rows, columns); 0 where there is no body.
    """
    step = max(1, round(max(body.shape) / WORKING_PIXELS))
    mask = np.pad(body[::step, ::step], 1)
    inner = mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    outline = mask[1:-1, 1:-1] & ~inner
    length = int(outline.sum())
    return float((outline & _edge(pixels[::step, ::step])).sum() / length) if length else 0.0


def depth(body: BoolArray) -> float:
    """How far the innermost pixel of a body mask (rows, columns) lies from its outline, as a share
    of half the box around it: about 1 of a disc, 0.1 of a skull that holds nothing.
    """
    from scipy import ndimage

    step = max(1, round(max(body.shape) / WORKING_PIXELS))
    mask = body[::step, ::step]
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0.0
    within = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    deepest = ndimage.distance_transform_edt(np.pad(within, 1)).max()
    return float(2 * deepest / np.sqrt(within.shape[0] * within.shape[1]))


def likeness_of_sides(body: BoolArray, axis: int = 1) -> float:
    """How much a body mask (rows, columns) and its mirror image in its own middle share of what
    either covers, 0 to 1; `axis` 1 runs along the rows, from side to side.
    """
    step = max(1, round(max(body.shape) / WORKING_PIXELS))
    mask = body[::step, ::step] if axis else body[::step, ::step].T
    columns = np.flatnonzero(mask.any(axis=0))
    if not len(columns):
        return 0.0
    within = mask[:, columns[0] : columns[-1] + 1]
    turned = within[:, ::-1]
    return float((within & turned).sum() / (within | turned).sum())


def differs_from_back_to_front(hu: FloatArray, body: BoolArray) -> float:
    """Mean difference in HU between a slice (rows, columns) within its body mask and its mirror
    image from back to front; air and bone count as their limits.
    """
    rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
    if not len(rows):
        return 0.0
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    shown, inside = np.clip(hu[box], *SHOWN_HU), body[box]
    return float(np.abs(shown - shown[::-1])[inside | inside[::-1]].mean())


def _edge(pixels: FloatArray) -> BoolArray:
    edge = np.zeros(pixels.shape, dtype=bool)
    edge[[0, -1]] = edge[:, [0, -1]] = True
    if pixels[0, 0] != pixels[0, -1] or pixels[0, 0] != pixels[-1, 0]:  # no circle in a square
        return edge
    rows, columns = pixels.shape
    row, column = np.ogrid[:rows, :columns]
    middle_row, middle_column = (rows - 1) / 2, (columns - 1) / 2
    squared = (row - middle_row) ** 2 + (column - middle_column) ** 2  # of the radius
    most = min(rows, columns) / 2
    beyond = pixels[squared > (most + 1) ** 2]
    if len(beyond) and not (beyond != beyond[0]).any():
        edge |= squared > (most - RIM_PIXELS) ** 2
    return edge
