"""What the training minimises: one term for the denoised slice, three for the surfaces."""

import math

import torch
import torch.nn.functional as F
from scipy.spatial import cKDTree
from torch import Tensor

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM
from jrviewer.model.network import LOG_SIGMA, LOG_SIGMA_LIMITS, Denoised, Surfaces

SPREAD_HU = 10.0  # added to a sample's noise, so that clean samples do not outweigh all others
COARSE_PIXELS = 4  # about a small lesion: there lie its contrast and the bias of an organ
COARSE_WEIGHT = 0.5
HALF_NORMAL_MEAN = math.sqrt(2 / math.pi)
NEIGHBOURS = 6  # a plane needs three; more steady it
SIGMA_RANGE_MM = (0.3, 40.0)  # a guess in the wild must not drown everything else in a step


def denoising_loss(
    denoised: Denoised, noisy: Tensor, clean: Tensor, spread_hu: float = SPREAD_HU
) -> Tensor:
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
    relative = _relative(difference, noise, spread_hu) + COARSE_WEIGHT * _relative(
        coarse_difference, coarse_noise, spread_hu / COARSE_PIXELS
    )
    log_variance = denoised.log_variance.clamp(-4, 14)
    likelihood = 0.5 * (log_variance + error.detach() * torch.exp(-log_variance)).mean()
    return relative + 0.01 * likelihood


def contrast_loss(kept: Tensor, discs: Tensor) -> Tensor:
    """How much of faint discs (B, 1, H, W) is lost of what a slice `kept` of them: its denoised
    twin with them, less the one without, both of the same noise.

    The least squared error gives up what may as well be noise. The mean over many discs and much
    noise of what is left of them is what the lesion check measures, so a disc's part of the result
    is weighed against the disc itself; noise, being in both twins, takes no part.
    """
    share = (kept * discs).sum(dim=(1, 2, 3)) / (discs**2).sum(dim=(1, 2, 3))
    return ((1 - share) ** 2).sum() / max(len(share), 1)


def _relative(difference: Tensor, noise: Tensor, spread_hu: float) -> Tensor:
    """Root mean square of what is left over that of what was added, averaged over samples."""
    left, added = (square.mean(dim=(1, 2, 3)) for square in (difference**2, noise**2))
    return torch.sqrt((left + (0.1 * spread_hu) ** 2) / (added + spread_hu**2)).mean()


def surface_loss(surfaces: Surfaces, points: Tensor, labels: Tensor, z_range: Tensor) -> Tensor:
    """Cross-entropy of the true surface points (B, P, 3) under the predicted cells, in nats a
    point.

    Cells beyond the slices that exist, z_range (B, 2) in box units, take no part: there the truth
    is unknown, not empty.
    """
    flat = _flat_logits(surfaces, z_range)
    cells, _ = cell_index(points, labels, surfaces)
    wanted = flat.gather(1, cells.clamp(min=0)) - flat.logsumexp(dim=1, keepdim=True)
    counted = (cells >= 0) & torch.isfinite(wanted)
    return -(wanted.where(counted, 0.0).sum() / counted.sum().clamp(min=1))


def sigma_loss(surfaces: Surfaces, points: Tensor, z_range: Tensor, draws: int = 384) -> Tensor:
    """Exponential likelihood of the distance from likely cells to the true surface, millimetres.

    Its mean is what sigma is learnt by (0.8 σ, as of a half-normal): a mean is what places points
    best, and one stray point moves it less than it moves a mean square. Cells are drawn as the
    cloud will be, from the predicted probability, so that the spread is learnt where points are
    going to be.
    """
    logits = _flat_logits(surfaces, z_range).detach()
    drawn = torch.multinomial(logits.softmax(dim=1), draws, replacement=True)
    places, labels = _jittered_places(drawn, surfaces)
    distance = torch.stack([surface_distance(*one) for one in zip(places, points, strict=True)])
    _, cells = cell_index(places, labels, surfaces)
    raw = surfaces.raw.permute(0, 2, 3, 1).flatten(1).gather(1, cells.clamp(min=0)).float()
    log_sigma = (raw + LOG_SIGMA).clamp(*LOG_SIGMA_LIMITS)
    ratio = distance.clamp(*SIGMA_RANGE_MM) * torch.exp(-log_sigma)
    return (log_sigma + ratio / HALF_NORMAL_MEAN).mean()


def cell_index(points: Tensor, labels: Tensor, surfaces: Surfaces) -> tuple[Tensor, Tensor]:
    """Where the logit and the sigma of each point's cell stand among the channels-last values of
    `surfaces.raw`, (B, P) each; −1 outside the box. `points` (B, P, 3) in box coordinates.
    """
    channels, rows, columns = surfaces.raw.shape[1:]
    layers = surfaces.cells // surfaces.structures
    depth = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM
    column = ((points[..., 0] + 1) * columns).floor().long()  # of 2 · columns
    row = ((points[..., 1] + 1) * rows).floor().long()
    layer = ((points[..., 2] / depth + 1) / 2 * layers).floor().long()
    layer = torch.where(points[..., 2] == depth, layers - 1, layer)
    inside = (column >= 0) & (column < 2 * columns) & (row >= 0) & (row < 2 * rows)
    inside &= (layer >= 0) & (layer < layers)
    cell = labels.long() * layers + layer
    pixel = (row // 2 * columns + column // 2) * channels
    logit = pixel + surfaces.cells + 4 * cell + 2 * (row % 2) + column % 2
    return logit.where(inside, -1), (pixel + cell).where(inside, -1)


def surface_distance(places: Tensor, points: Tensor) -> Tensor:
    """Millimetres from each place (N, 3) to the surface that the points (P, 3) were drawn from.

    To the plane through the nearest few of them: the nearest sample itself lies a good two
    millimetres away even from a place on the surface, which would drown what sigma is to learn.
    """
    tree = cKDTree(points.cpu().numpy(), balanced_tree=False, compact_nodes=False)
    nearest = torch.from_numpy(tree.query(places.cpu().numpy(), NEIGHBOURS)[1]).to(points.device)
    around = points[nearest]  # (N, 6, 3)
    centre = around.mean(dim=1)
    spread = (around - centre[:, None]).double()
    covariance = spread.transpose(1, 2) @ spread / NEIGHBOURS
    normal = torch.linalg.eigh(covariance).eigenvectors[..., 0].to(places.dtype)
    offset = places - centre
    across = (offset * normal).sum(dim=1)
    along = torch.sqrt(((offset**2).sum(dim=1) - across**2).clamp(min=0))
    reach = torch.sqrt(covariance.diagonal(dim1=1, dim2=2).sum(dim=1)).to(places.dtype)
    return torch.hypot(across, (along - reach).clamp(min=0)) * BOX_HALF_WIDTH_MM


def _flat_logits(surfaces: Surfaces, z_range: Tensor) -> Tensor:
    """All that is in `surfaces.raw`, channels last, (B, values); −∞ where no point can be.

    In the order in which it lies in memory: to shuffle it into a box first would take longer than
    all convolutions do.
    """
    values = surfaces.raw.permute(0, 2, 3, 1).float()  # (B, 64, 64, channels)
    layers = surfaces.cells // surfaces.structures
    depth = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM
    edges = torch.linspace(-depth, depth, layers + 1, device=values.device)
    touched = (edges[1:] > z_range[:, :1]) & (edges[:-1] < z_range[:, 1:])  # (B, layers)
    allowed = touched.repeat(1, surfaces.structures).repeat_interleave(4, dim=1)
    allowed = F.pad(allowed, (surfaces.cells, 0), value=False)  # (B, channels): sigma is no logit
    barred = torch.zeros(allowed.shape, device=values.device).masked_fill(~allowed, -math.inf)
    return (values + barred[:, None, None, :]).flatten(1)


def _jittered_places(drawn: Tensor, surfaces: Surfaces) -> tuple[Tensor, Tensor]:
    """Box coordinates (B, N, 3) at random inside drawn cells, and their labels (B, N)."""
    channels, rows, columns = surfaces.raw.shape[1:]
    layers = surfaces.cells // surfaces.structures
    pixel, logit = drawn // channels, drawn % channels - surfaces.cells
    cell, corner = logit // 4, logit % 4
    index = torch.stack(
        [
            2 * (pixel % columns) + corner % 2,
            2 * (pixel // columns) + corner // 2,
            cell % layers,
        ],
        dim=-1,
    )
    size = torch.tensor([2 * columns, 2 * rows, layers], device=drawn.device)
    unit = (index + torch.rand(index.shape, device=drawn.device)) / size * 2 - 1
    depth = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM
    return unit * torch.tensor([1.0, 1.0, depth], device=drawn.device), cell // layers
