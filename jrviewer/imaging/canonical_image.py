"""A slice on the canonical grid around its body: what the network infers surfaces from."""

import numpy as np

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, BOX_PIXELS, Box, FloatArray, Plane
from jrviewer.imaging.body_masks import OUTSIDE_HU

CANONICAL_PIXEL_MM = 2 * BOX_HALF_WIDTH_MM / BOX_PIXELS
REACH = 2.5  # standard deviations of the Gaussian that smooths
BLOCK = 16  # rows or columns of the grid that one product of matrices gives


def canonical_image(
    pixels: FloatArray, plane: Plane, box: Box, outside: float = OUTSIDE_HU
) -> FloatArray:
    """The slice resampled to the box's 128 × 128 grid, float32, 3.5 mm a pixel, rows along the
    box's y. The box's axes in the plane are the slice's own, turned by quarter turns or flipped.

    Linear, after a smoothing that makes each pixel the mean of its own area where the slice is
    finer than the grid. Beyond the slice's edge it is `outside`; values are held at `outside` or
    above, so that padding looks like air. Both are linear, and each row and each column of the grid
    depends on a few of the slice's: two products with bands of weights.
    """
    held = np.maximum(pixels, outside, dtype=np.float32)
    corners = np.array([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [-1.0, 1.0, 0.0]])
    first, along_x, along_y = plane.to_pixel(box.to_patient(corners))
    is_turned = abs(along_x[0] - first[0]) > abs(along_y[0] - first[0])
    ends = (along_x[0], along_y[1]) if is_turned else (along_y[0], along_x[1])
    sigmas = _antialias(plane.spacing_mm, held.shape)
    rows, columns = (
        _Side(first[axis], ends[axis], sigmas[axis], held.shape[axis]) for axis in range(2)
    )
    found = columns.of(rows.of(held, outside).T, outside)
    image = found if is_turned else found.T
    return np.ascontiguousarray(image)


class _Side:
    """How BOX_PIXELS places in turn depend on the pixels along one side of a slice."""

    def __init__(self, begin: float, end: float, sigma: float, count: int) -> None:
        steps = (np.arange(BOX_PIXELS) + 0.5) / BOX_PIXELS
        self._at, self._count = begin + (end - begin) * steps, count
        self._is_inside = (self._at >= 0) & (self._at <= count - 1)
        reach = int(REACH * sigma + 0.5)
        away = np.arange(-reach, reach + 1)
        kernel = np.exp(-0.5 * (away / max(sigma, 1e-9)) ** 2)
        self._kernel, self._reach = kernel / kernel.sum(), reach

    def of(self, pixels: FloatArray, outside: float) -> FloatArray:
        """The places (BOX_PIXELS, columns) of pixels (rows, columns)."""
        found = np.full((BOX_PIXELS, pixels.shape[1]), outside, dtype=np.float32)
        inside = np.flatnonzero(self._is_inside)
        for start in range(0, len(inside), BLOCK):
            some = inside[start : start + BLOCK]
            first, weights = self._weights(self._at[some])
            found[some] = weights @ pixels[first : first + weights.shape[1]]
        return found

    def _weights(self, at: FloatArray) -> tuple[int, FloatArray]:
        """The first pixel that places (N,) depend on, and the weights (N, M) of all from there on:
        the smoothing's at the two pixels that a place lies between. At its ends a side is mirrored.
        """
        low = np.floor(at).astype(int)
        share = (at - low)[:, None]
        both = np.zeros((len(at), len(self._kernel) + 1))
        both[:, :-1] = (1 - share) * self._kernel
        both[:, 1:] += share * self._kernel
        pixels = low[:, None] + np.arange(-self._reach, self._reach + 2)
        pixels %= 2 * self._count
        pixels = np.minimum(pixels, 2 * self._count - 1 - pixels)
        first, last = int(pixels.min()), int(pixels.max())
        weights = np.zeros((len(at), last + 1 - first))
        np.add.at(weights, (np.arange(len(at))[:, None], pixels - first), both)
        return first, weights.astype(np.float32)


def _antialias(spacing_mm: tuple[float, float], shape: tuple[int, ...]) -> list[float]:
    """Gaussian sigmas in pixels that widen a pixel to the canonical one: variances of boxes add.

    No wider than the slice, which is one value then: a spacing in metres would take minutes.
    """
    wanted = CANONICAL_PIXEL_MM**2
    return [
        min(float(np.sqrt(max(0.0, wanted - mm**2) / 12) / mm), float(size))
        for mm, size in zip(spacing_mm, shape, strict=True)
    ]
