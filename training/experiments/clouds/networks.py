"""The ways to a cloud that are compared: all read a canonical image with the same encoder.

Images (B, 1, 128, 128) in HU; points (B, P, 3) in box coordinates, their structures (B, P), and
z_range (B, 2), between which slices exist.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.model.cloud_sampling import Expected
from jrviewer.model.network import CloudHead, Config, Encoder
from jrviewer.model.network_input import CT, see
from training.fit.losses import surface_loss
from training.metrics.scores import Labels

POINTS = 1024
CONFIG = Config(
    widths=(16, 32, 64), context_width=96, context_blocks=2, cloud_widths=(64, 32, 32)
)  # as of the preset "sequential"
SHARPNESS = 1.5
STRUCTURES = 3
DEPTH = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM
TRUE_POINTS = 2048  # of each view in a distance
LABEL_WEIGHT = 0.02
DIFFUSION_STEPS = 5


class Likelihoods(nn.Module):
    """Ours: how likely each cell of the box holds surface, then points where they help most."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.head = Encoder(CONFIG), CloudHead(CONFIG)

    def loss(
        self, images: Tensor, points: Tensor, labels: Tensor, z_range: Tensor, _: torch.Generator
    ) -> Tensor:
        """Cross-entropy of the true points; sigma is not learnt here, it is the same everywhere."""
        return surface_loss(self.head(self.encoder(see(images, CT))), points, labels, z_range)

    def cloud(self, image: Tensor) -> tuple[FloatArray, Labels]:
        """Points (1024, 3) around one image, and their structures."""
        surfaces = self.head(self.encoder(see(image, CT)))
        both = surfaces.logits[0].numpy(), surfaces.log_sigma[0].numpy()
        points, labels, _ = Expected.of(*both, SHARPNESS).sample(POINTS)
        return points, labels


class Queries(nn.Module):
    """A transformer decoder from learned queries to points, four a query (as DETR's boxes)."""

    WIDTH, COUNT, LAYERS = 128, 256, 3

    def __init__(self) -> None:
        super().__init__()
        coarse = CONFIG.widths[2]
        self.encoder = Encoder(CONFIG)
        self.project = nn.Conv2d(coarse, self.WIDTH, 1)
        self.place = nn.Parameter(0.02 * torch.randn(1, 16 * 16, self.WIDTH))
        self.queries = nn.Parameter(torch.randn(1, self.COUNT, self.WIDTH))
        self.start = nn.Parameter(0.4 * torch.randn(1, POINTS, 3) * torch.tensor([1, 1, DEPTH]))
        layer = nn.TransformerDecoderLayer(
            self.WIDTH, 8, 2 * self.WIDTH, dropout=0.0, batch_first=True, norm_first=True
        )
        self.decoder = nn.TransformerDecoder(layer, self.LAYERS)
        self.out = nn.Linear(self.WIDTH, POINTS // self.COUNT * (3 + STRUCTURES))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Points (B, 1024, 3) and their logits (B, 1024, 3)."""
        seen = self.project(self.encoder(see(images, CT))[2]).flatten(2).transpose(1, 2)
        queries = self.queries.expand(len(images), -1, -1)
        out = self.out(self.decoder(queries, seen + self.place))
        out = out.unflatten(2, (-1, 3 + STRUCTURES)).flatten(1, 2)
        return self.start + 0.3 * out[..., :3], out[..., 3:]

    def loss(
        self, images: Tensor, points: Tensor, labels: Tensor, z_range: Tensor, _: torch.Generator
    ) -> Tensor:
        """The distance of the clouds both ways in box units, and the nearest points' structures."""
        found, logits = (part.float() for part in self(images))
        true, names = points[:, :TRUE_POINTS], labels[:, :TRUE_POINTS]
        with torch.no_grad():  # which point is whose nearest; the distances themselves follow
            distance = torch.cdist(found, true)
            nearest, mine = distance.argmin(dim=2), distance.argmin(dim=1)
        there = (found - _taken(true, nearest)).norm(dim=2)
        back = (true - _taken(found, mine)).norm(dim=2)
        exists = (found[..., 2] >= z_range[:, :1]) & (found[..., 2] <= z_range[:, 1:])
        near = (there * exists).sum() / exists.sum().clamp(min=1) + back.mean()
        wanted = names.gather(1, nearest)
        return near + LABEL_WEIGHT * F.cross_entropy(logits.transpose(1, 2), wanted)

    def cloud(self, image: Tensor) -> tuple[FloatArray, Labels]:
        """Points (1024, 3) around one image, and their structures."""
        points, logits = self(image)
        return points[0].numpy(), logits[0].argmax(dim=1).numpy().astype(np.uint8)


class Diffusion(nn.Module):
    """Points that begin as noise and are moved by what the image holds where they lie.

    An image-conditioned point diffusion (as Melas-Kyriazi 2023): features are sampled at every
    point's in-plane place, points hear of each other through the mean and the maximum over all.
    The network estimates where a point belongs; steps are deterministic (DDIM).
    """

    WIDTH = 64

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder(CONFIG)
        width, features = self.WIDTH, sum(CONFIG.widths)
        self.enter = nn.Linear(features + CONFIG.widths[2] + 3 + 4, width)
        self.first, self.second = nn.Linear(width, width), nn.Linear(3 * width, width)
        self.third, self.fourth = nn.Linear(width, width), nn.Linear(3 * width, width)
        self.out = nn.Linear(width, 3 + STRUCTURES)

    def estimate(self, features: tuple[Tensor, ...], places: Tensor, t: Tensor) -> Tensor:
        """Where points (B, P, 3) of noise level t (B, 1, 1) belong, and their logits: (B, P, 6);
        depth is scaled to ±1.
        """
        at = places[:, :, None, :2].to(features[0].dtype)
        sampled = [
            F.grid_sample(one, at, align_corners=False)[..., 0].transpose(1, 2) for one in features
        ]
        whole = features[2].mean(dim=(2, 3))[:, None].expand(-1, places.shape[1], -1)
        wave = [torch.sin(math.pi / 2 * t), torch.cos(math.pi / 2 * t), t, t**2]
        about = torch.cat(wave, dim=2).expand(-1, places.shape[1], -1)
        x = F.relu(self.enter(torch.cat([*sampled, whole, places, about], dim=2)))
        x = x + self.first(x)
        x = F.relu(self.second(_with_others(x)))
        x = x + F.relu(self.third(x))
        x = F.relu(self.fourth(_with_others(x)))
        out: Tensor = self.out(x).float()
        return out

    def loss(
        self,
        images: Tensor,
        points: Tensor,
        labels: Tensor,
        z_range: Tensor,
        random: torch.Generator,
    ) -> Tensor:
        """Squared error of where points belong, and their structures."""
        true = points[:, :POINTS] / torch.tensor([1, 1, DEPTH])
        t = torch.rand((len(images), 1, 1), generator=random)
        noise = torch.randn(true.shape, generator=random)
        places = torch.cos(math.pi / 2 * t) * true + torch.sin(math.pi / 2 * t) * noise
        out = self.estimate(self.encoder(see(images, CT)), places, t)
        wanted = labels[:, :POINTS]
        structure = F.cross_entropy(out[..., 3:].transpose(1, 2), wanted)
        return F.mse_loss(out[..., :3], true) + LABEL_WEIGHT * structure

    def cloud(self, image: Tensor) -> tuple[FloatArray, Labels]:
        """Points (1024, 3) around one image, and their structures, in DIFFUSION_STEPS steps."""
        features = self.encoder(see(image, CT))
        places = torch.randn((1, POINTS, 3), generator=torch.Generator().manual_seed(0))
        out = places
        for step in range(DIFFUSION_STEPS):
            now, then = (torch.full((1, 1, 1), 1 - at / DIFFUSION_STEPS) for at in (step, step + 1))
            out = self.estimate(features, places, now)
            wanted = out[..., :3].clamp(-1, 1)
            signal, grain = torch.cos(math.pi / 2 * now), torch.sin(math.pi / 2 * now)
            noise = (places - signal * wanted) / grain
            places = torch.cos(math.pi / 2 * then) * wanted + torch.sin(math.pi / 2 * then) * noise
        points: FloatArray = (places[0] * torch.tensor([1, 1, DEPTH])).numpy()
        return points, out[0, :, 3:].argmax(dim=1).numpy().astype(np.uint8)


def _taken(points: Tensor, index: Tensor) -> Tensor:
    """Of points (B, P, 3), those at an index (B, N)."""
    return points.gather(1, index[..., None].expand(-1, -1, 3))


def _with_others(x: Tensor) -> Tensor:
    """Every point's features beside the mean and the maximum over all points."""
    mean, most = x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)
    return torch.cat([x, mean.expand_as(x), most.expand_as(x)], dim=2)


Network = Likelihoods | Queries | Diffusion


VARIANTS: Mapping[str, Callable[[], Network]] = {
    "ours": Likelihoods,
    "queries": Queries,
    "diffusion": Diffusion,
}
"""At about equal multiply-adds a cloud."""

ABOUT: Mapping[str, str] = {
    "ours": "ours: likelihoods of cells, then relaxation",
    "queries": "transformer decoder from learned queries",
    "diffusion": f"point diffusion in {DIFFUSION_STEPS} steps",
}
