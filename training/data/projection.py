"""Parallel-beam projection and filtered backprojection of square images, batched on the CPU.

Line integrals follow Joseph (IEEE TMI 1, 1982): the ray is stepped row by row, with linear
interpolation along the row. Backprojection interpolates linearly on the detector. Both are sparse
matrices of which only an eighth is stored: views lie at (k + ½)·180°/views, so that the square's
eight rotations and flips map one octant of rays onto all the others, and a product with eight
rotated copies of an image is the whole sinogram. Independent of HU, dose and files.
"""

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from jrviewer.core.geometry import FloatArray

Kernel = str | float
Turn = tuple[bool, int, int]  # transposed, sign of x, sign of y

TURNS: tuple[Turn, ...] = tuple((t, x, y) for t in (False, True) for x in (1, -1) for y in (1, -1))
COLUMNS_AT_ONCE = 2  # images; times eight turns is one 64-byte cache line of float32


@dataclass(frozen=True, slots=True, eq=False)
class Scanner:
    """Projector and backprojector for `size`² images of unit pixels and `views` angles over 180°.

    Views must be a multiple of four. The detector has the pixels' spacing and covers the diagonal.
    """

    size: int
    views: int
    detectors: int
    forward: torch.Tensor  # sparse (views/4 · detectors/2, size²)
    back: torch.Tensor  # sparse (size², views/4 · detectors/2)

    def project(self, images: FloatArray) -> FloatArray:
        """Line integrals (B, views, detectors) float32 of images (B, size, size), unit pixels."""
        batch = len(images)
        turned = np.stack([_turn(images, turn) for turn in TURNS], axis=-1)  # B, size, size, 8
        columns = np.ascontiguousarray(turned.transpose(1, 2, 0, 3), dtype=np.float32)
        product = self.forward @ torch.from_numpy(columns.reshape(self.size**2, batch * 8))
        half = self.detectors // 2
        octants = product.numpy().reshape(self.views // 4, half, batch, 8).transpose(2, 3, 0, 1)
        sinogram = np.empty((batch, self.views, self.detectors), dtype=np.float32)
        for turn, octant in zip(TURNS, octants.swapaxes(0, 1), strict=True):
            _half_view(sinogram, turn, half)[...] = octant
        return sinogram

    def reconstruct(self, sinogram: FloatArray, kernel: Kernel) -> FloatArray:
        """Images (B, size, size) float32 by filtered backprojection of (B, views, detectors)."""
        batch, half = len(sinogram), self.detectors // 2
        filtered = filter_views(sinogram, kernel)
        octants = np.stack([_half_view(filtered, turn, half) for turn in TURNS], axis=-1)
        columns = np.ascontiguousarray(octants.transpose(1, 2, 0, 3), dtype=np.float32)
        product = self.back @ torch.from_numpy(columns.reshape(-1, batch * 8))
        parts = product.numpy().reshape(self.size, self.size, batch, 8).transpose(2, 3, 0, 1)
        images = np.zeros((batch, self.size, self.size), dtype=np.float32)
        for turn, part in zip(TURNS, parts.swapaxes(0, 1), strict=True):
            images += _turn_back(part, turn)
        images *= np.float32(np.pi / self.views)
        return images


@lru_cache(maxsize=3)
def scanner(size: int, views: int) -> Scanner:
    """The cached scanner of a size: 240 views at 256² take 70 MB, 720 at 512² 800 MB."""
    if views % 4:
        raise ValueError(f"views must be a multiple of four, got {views}")
    half = int(np.ceil(size * np.sqrt(0.5))) + 1
    forward, back = _joseph(size, views, half), _interpolation(size, views, half)
    return Scanner(size, views, 2 * half, forward, back)


def filter_views(sinogram: FloatArray, kernel: Kernel) -> FloatArray:
    """Each view (last axis) convolved with the ramp kernel, float32 of the same shape.

    "ramp": band-limited ramp (Kak & Slaney 1988, eq. 3.61); "hann": ramp × Hann window; a number in
    (0, 1]: ramp × a window that is flat up to 0.7 of that share of the Nyquist frequency and falls
    to zero as a cosine at it.
    """
    detectors = sinogram.shape[-1]
    length = 1 << int(np.ceil(np.log2(2 * detectors)))
    response = filter_response(length, kernel).astype(np.float32)
    spectrum = torch.fft.rfft(torch.from_numpy(np.ascontiguousarray(sinogram)), n=length)
    filtered = torch.fft.irfft(spectrum * torch.from_numpy(response), n=length)
    result: FloatArray = filtered[..., :detectors].numpy()
    return result


def filter_response(length: int, kernel: Kernel) -> FloatArray:
    """Real frequency response (length/2 + 1,) of a reconstruction filter, for unit spacing."""
    shift = np.arange(length)
    shift = np.minimum(shift, length - shift)
    ramp = np.where(shift % 2 == 1, -1.0 / (np.pi * np.maximum(shift, 1)) ** 2, 0.0)
    ramp[0] = 0.25
    response: FloatArray = np.fft.rfft(ramp).real * _window(np.fft.rfftfreq(length) * 2, kernel)
    return response


def _window(nyquist_share: FloatArray, kernel: Kernel) -> FloatArray:
    if kernel == "ramp":
        return np.ones_like(nyquist_share)
    if kernel == "hann":
        hann: FloatArray = 0.5 + 0.5 * np.cos(np.pi * nyquist_share)
        return hann
    if isinstance(kernel, str) or not 0 < kernel <= 1:
        raise ValueError(f"kernel must be 'ramp', 'hann' or in (0, 1], got {kernel!r}")
    fall = np.clip((nyquist_share / kernel - 0.7) / 0.3, 0, 1)
    taper: FloatArray = 0.5 + 0.5 * np.cos(np.pi * fall)
    return taper


def _turn(images: FloatArray, turn: Turn) -> FloatArray:
    """(..., rows, columns) of f(M r) for images f: transposed first, then mirrored."""
    transposed, x, y = turn
    return (images.swapaxes(-1, -2) if transposed else images)[..., ::y, ::x]


def _turn_back(images: FloatArray, turn: Turn) -> FloatArray:
    transposed, x, y = turn
    mirrored = images[..., ::y, ::x]
    return mirrored.swapaxes(-1, -2) if transposed else mirrored


def _half_view(sinogram: FloatArray, turn: Turn, half: int) -> FloatArray:
    """View (B, views/4, half) into the part of a sinogram that a turn maps the first octant to."""
    transposed, x, y = turn
    views = sinogram.shape[1]
    # The first octant's normal (cos, sin) becomes (x cos, y sin), or (y sin, x cos) transposed.
    right, down = (y, x) if transposed else (x, y)
    outward = sinogram[..., half:] if down > 0 else sinogram[..., half - 1 :: -1]
    quarter = views // 4
    if transposed:  # angles 90° ∓ θ
        return (
            outward[:, 2 * quarter - 1 : quarter - 1 : -1]
            if right * down > 0
            else outward[:, 2 * quarter : 3 * quarter]
        )
    return outward[:, :quarter] if right * down > 0 else outward[:, : 3 * quarter - 1 : -1]


def _joseph(size: int, views: int, half: int) -> torch.Tensor:
    """Sparse (views/4 · half, size²): rays at angles in (0, 45°) with positive detector offset."""
    centre = (size - 1) / 2
    rows = np.arange(size)
    offsets = np.arange(half)[:, None] + 0.5
    weights, columns, counts = [], [], []
    for angle in _first_octant(views):
        position = (offsets - (rows - centre) * np.sin(angle)) / np.cos(
            angle
        ) + centre  # half, size
        left = np.floor(position).astype(np.int32)
        share = position - left
        column = np.stack([left, left + 1], axis=-1)
        weight = np.stack([1 - share, share], axis=-1) / np.cos(angle)
        inside = (column >= 0) & (column < size)
        weights.append(weight[inside].astype(np.float32))
        columns.append((column + (rows * size)[:, None])[inside].astype(np.int32))
        counts.append(inside.sum(axis=(1, 2)))
    return _sparse(weights, columns, counts, size**2)


def _interpolation(size: int, views: int, half: int) -> torch.Tensor:
    """Sparse (size², views/4 · half): what each pixel receives from the first octant's rays."""
    along = np.arange(size) - (size - 1) / 2
    angles = _first_octant(views)
    bases = np.arange(len(angles))[:, None] * half
    weights, columns, counts = [], [], []
    for y in along:
        position = along[:, None] * np.cos(angles) + y * np.sin(angles) - 0.5  # size, views/4
        lower = np.floor(position).astype(np.int32)
        share = position - lower
        bin_ = np.stack([lower, lower + 1], axis=-1)
        weight = np.stack([1 - share, share], axis=-1)
        inside = (bin_ >= 0) & (bin_ < half)
        weights.append(weight[inside].astype(np.float32))
        columns.append((bin_ + bases)[inside].astype(np.int32))
        counts.append(inside.sum(axis=(1, 2)))
    return _sparse(weights, columns, counts, len(angles) * half)


def _first_octant(views: int) -> FloatArray:
    angles: FloatArray = (np.arange(views // 4) + 0.5) * np.pi / views
    return angles


def _sparse(
    weights: list[FloatArray],
    columns: list[npt.NDArray[np.int32]],
    counts: list[npt.NDArray[np.int64]],
    width: int,
) -> torch.Tensor:
    """A CSR matrix of rows in order; 32-bit indices halve what a product must read."""
    lengths = np.concatenate(counts)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    with warnings.catch_warnings():
        # torch calls its CSR tensors beta; products with dense matrices are all that is used here.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            torch.from_numpy(starts),
            torch.from_numpy(np.concatenate(columns)),
            torch.from_numpy(np.concatenate(weights)),
            size=(len(lengths), width),
            check_invariants=False,
        )
