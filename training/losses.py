"""What the training minimises: one term for the denoised slice, three for the surfaces."""

import math

import torch
import torch.nn.functional as F
from scipy.spatial import cKDTree
from torch import Tensor

from jrviewer.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM
from jrviewer.network import Denoised, Surfaces

SPREAD_HU = 10.0  # added to a sample's noise, so that clean samples do not outweigh all others
COARSE_PIXELS = 4  # about a small lesion: there lie its contrast and the bias of an organ
COARSE_WEIGHT = 0.5
SIGMA_RANGE_MM = (0.5, 40.0)  # a guess in the wild must not drown everything else in a step


def denoising_loss(denoised: Denoised, noisy: Tensor, clean: Tensor) -> Tensor:
    """Error in HU relative to each sample's own noise, and the likelihood of the variance.

    All are (B, 1, H, W). Dividing by the sample's noise lets a slice at 5 % dose and one at 50 %
    count alike, as a mean of PSNR does, and the root keeps one sample from drowning a step. Within
    a sample it is the square, not the absolute error, that keeps the mean HU unbiased where noise
    is skewed (photon starvation). Means over 4 × 4 pixels count once more: fine noise outweighs
    the contrast of a small lesion, which is what a reader looks for.
    """
    difference, noise = denoised.hu - clean, noisy - clean
    error = difference**2
    coarse_difference, coarse_noise = (
        F.avg_pool2d(part, COARSE_PIXELS) for part in (difference, noise)
    )
    relative = _relative(difference, noise, SPREAD_HU) + COARSE_WEIGHT * _relative(
        coarse_difference, coarse_noise, SPREAD_HU / COARSE_PIXELS
    )
    log_variance = denoised.log_variance.clamp(-4, 14)
    likelihood = 0.5 * (log_variance + error.detach() * torch.exp(-log_variance)).mean()
    return relative + 0.01 * likelihood


def _relative(difference: Tensor, noise: Tensor, spread_hu: float) -> Tensor:
    """Root mean square of what is left over that of what was added, averaged over samples."""
    left, added = (square.mean(dim=(1, 2, 3)) for square in (difference**2, noise**2))
    return torch.sqrt((left + (0.1 * spread_hu) ** 2) / (added + spread_hu**2)).mean()


def surface_loss(surfaces: Surfaces, points: Tensor, labels: Tensor, z_range: Tensor) -> Tensor:
    """Cross-entropy of the true surface points (B, P, 3) under the predicted cells, in nats a
    point.

    Cells beyond the slices that exist, z_range (B, 2) in box units, take no part: there the truth
    is unknown, not empty. A point's probability is shared linearly between neighbouring cells.
    """
    logits = surfaces.logits.masked_fill(~_inside(surfaces.logits, z_range), -math.inf)
    flat = logits.flatten(1)
    cells = cell_index(points, labels, surfaces.logits.shape[1:])
    wanted = flat.gather(1, cells.clamp(min=0)) - flat.logsumexp(dim=1, keepdim=True)
    counted = (cells >= 0) & torch.isfinite(wanted)
    return -(wanted.where(counted, 0.0).sum() / counted.sum().clamp(min=1))


def sigma_loss(surfaces: Surfaces, points: Tensor, z_range: Tensor, draws: int = 512) -> Tensor:
    """Half-normal likelihood of the distance from likely cells to the true surface, millimetres.

    Cells are drawn as the cloud will be, from the predicted probability, so that the spread is
    learnt where points are going to be.
    """
    shape = surfaces.logits.shape[1:]
    inside = _inside(surfaces.logits, z_range)
    logits = surfaces.logits.detach().masked_fill(~inside, -math.inf).flatten(1)
    drawn = torch.multinomial(logits.softmax(dim=1), draws, replacement=True)
    places = _jittered_places(drawn, shape)
    distance = torch.stack([_distance(p, q) for p, q in zip(places, points, strict=True)])
    labels = drawn // shape[1:].numel()
    cells = cell_index(places, labels, surfaces.log_sigma.shape[1:])
    log_sigma = surfaces.log_sigma.flatten(1).gather(1, cells.clamp(min=0)).clamp(-1, 5)
    ratio = distance.clamp(*SIGMA_RANGE_MM) * torch.exp(-log_sigma)
    return (log_sigma + 0.5 * ratio**2).mean()


def cell_index(points: Tensor, labels: Tensor, shape: torch.Size) -> Tensor:
    """Flat cell (structure, layer, row, column) of each point (B, P, 3); −1 outside the box."""
    _, layers, rows, columns = shape
    depth = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM
    column = ((points[..., 0] + 1) / 2 * columns).floor().long()
    row = ((points[..., 1] + 1) / 2 * rows).floor().long()
    layer = ((points[..., 2] / depth + 1) / 2 * layers).floor().long()
    layer = torch.where(points[..., 2] == depth, layers - 1, layer)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    inside &= (layer >= 0) & (layer < layers)
    return (((labels.long() * layers + layer) * rows + row) * columns + column).where(inside, -1)


def _inside(logits: Tensor, z_range: Tensor) -> Tensor:
    """Which layers touch the slices that exist, (B, 1, layers, 1, 1)."""
    layers = logits.shape[2]
    depth = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM
    edges = torch.linspace(-depth, depth, layers + 1, device=logits.device)
    low, high = z_range[:, :1], z_range[:, 1:]
    touched = (edges[1:] > low) & (edges[:-1] < high)
    return touched[:, None, :, None, None]


def _jittered_places(cells: Tensor, shape: torch.Size) -> Tensor:
    """Box coordinates (B, N, 3) at random inside the given flat cells."""
    _, layers, rows, columns = shape
    within = cells % (layers * rows * columns)
    index = torch.stack(
        [within % columns, within // columns % rows, within // (columns * rows)], dim=-1
    )
    size = torch.tensor([columns, rows, layers], device=cells.device)
    unit = (index + torch.rand(index.shape, device=cells.device)) / size * 2 - 1
    depth = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM
    return unit * torch.tensor([1.0, 1.0, depth], device=cells.device)


def _distance(places: Tensor, points: Tensor) -> Tensor:
    """Millimetres from each place (N, 3) to the nearest of the true points (P, 3)."""
    tree = cKDTree(points.cpu().numpy(), balanced_tree=False, compact_nodes=False)
    nearest = torch.from_numpy(tree.query(places.cpu().numpy())[1]).to(points.device)
    return F.pairwise_distance(places, points[nearest]) * BOX_HALF_WIDTH_MM
