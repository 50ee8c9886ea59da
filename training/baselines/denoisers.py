"""The denoisers compared with: two classical and three trained ones, called peers for short.

All take and return HU (rows, columns). The classical ones get the true standard deviation of the
noise, which is unknown in practice; the trained ones see only the image, as ours does.
"""

import hashlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from jrviewer.core.geometry import FloatArray
from training.data.real_noise.classical import non_local_means, total_variation

TRAINED = ("bilateral", "cnn10", "redcnn")
CLASSICAL = ("nlm", "tv")
NLM_STRENGTHS = (0.6, 1.0)
TV_STRENGTHS = (0.5, 1.0, 1.5)
HU_SCALE = 500.0  # the trained peers work on HU / 500


class Bilateral(nn.Module):
    """Trainable bilateral filters in a row (Wagner et al. 2022, “Ultralow-parameter denoising”).

    The original has three layers of σ x, y, z and range, 12 parameters; a slice has no z, so four
    layers of σ row, column and range give 12 here as well.
    """

    LAYERS, RADIUS = 4, 3
    macs_per_pixel = LAYERS * (2 * RADIUS + 1) ** 2 * 4

    def __init__(self) -> None:
        super().__init__()
        start = torch.tensor([1.0, 1.0, 100.0 / HU_SCALE]).log()
        self.log_sigma = nn.Parameter(start.repeat(self.LAYERS, 1))

    def forward(self, image: Tensor) -> Tensor:
        """(B, 1, H, W) in, the same out."""
        for log_sigma in self.log_sigma:
            image = self._filter(image, log_sigma.exp())
        return image

    def _filter(self, image: Tensor, sigma: Tensor) -> Tensor:
        row_sigma, column_sigma, range_sigma = sigma
        radius, (height, width) = self.RADIUS, image.shape[-2:]
        padded = F.pad(image, [radius] * 4, mode="replicate")
        total, norm = torch.zeros_like(image), torch.zeros_like(image)
        for row in range(-radius, radius + 1):
            for column in range(-radius, radius + 1):
                top, left = row + radius, column + radius
                other = padded[..., top : top + height, left : left + width]
                near = (row / row_sigma) ** 2 + (column / column_sigma) ** 2
                alike = ((other - image) / range_sigma) ** 2
                weight = torch.exp(-0.5 * (near + alike))
                total, norm = total + weight * other, norm + weight
        return total / norm


class Cnn10(nn.Module):
    """Three convolutions (Chen et al. 2017, “Low-dose CT via convolutional neural network”).

    Unlike the paper's direct mapping, the input is added to the output, as RED-CNN does it too.
    """

    macs_per_pixel = 81 * 64 + 9 * 64 * 32 + 25 * 32

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 64, 9, padding=4, padding_mode="replicate")
        self.second = nn.Conv2d(64, 32, 3, padding=1, padding_mode="replicate")
        self.third = nn.Conv2d(32, 1, 5, padding=2, padding_mode="replicate")

    def forward(self, image: Tensor) -> Tensor:
        """(B, 1, H, W) in, the same out."""
        noise: Tensor = self.third(F.relu(self.second(F.relu(self.first(image)))))
        return image + noise


class RedCnn(nn.Module):
    """Residual encoder-decoder of 5 + 5 layers, 96 filters of 5 × 5 (Chen et al. 2017, RED-CNN)."""

    macs_per_pixel = 25 * 96 * 96 * 8 + 25 * 96 * 2

    def __init__(self, width: int = 96) -> None:
        super().__init__()
        widths = [1, *[width] * 5]
        pairs = list(pairwise(widths))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 5) for a, b in pairs)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 5) for a, b in reversed(pairs))

    def forward(self, image: Tensor) -> Tensor:
        """(B, 1, H, W) in, the same out; H and W at least 21."""
        kept, x = [image], image
        for i, layer in enumerate(self.down):
            x = F.relu(layer(x))
            if i in (1, 3):
                kept.append(x)
        for i, layer in enumerate(self.up):
            x = layer(x)
            if i in (0, 2, 4):  # shortcuts join after the first, third and last decoding layer
                x = x + kept.pop()
            x = F.relu(x) if i < 4 else x
        return x


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "bilateral": Bilateral,
    "cnn10": Cnn10,
    "redcnn": RedCnn,
}


def new_network(name: str) -> nn.Module:
    """An untrained peer; seeded by torch's global seed."""
    network = NETWORKS[name]()
    if name != "bilateral":  # start from the identity, as ours does
        last = list(network.parameters())[-2:]
        nn.init.normal_(last[0], std=1e-3)
        nn.init.zeros_(last[1])
    return network


def save_network(name: str, network: nn.Module, folder: Path, facts: dict[str, str]) -> None:
    """Write a peer's weights as float16 safetensors, with text facts such as its updates."""
    state = {key: value.half().contiguous() for key, value in network.state_dict().items()}
    save_file(state, folder / f"{name}.safetensors", metadata=facts)


class Peers:
    """The trained peers whose weights are in a folder, and the classical ones, ready to denoise."""

    def __init__(self, folder: Path) -> None:
        self.networks: dict[str, nn.Module] = {}
        self.keys = {name: f"{name}-1" for name in CLASSICAL}  # change with the method: cache keys
        for name in TRAINED:
            if (path := folder / f"{name}.safetensors").exists():
                self.networks[name] = _load(name, path)
                self.keys[name] = hashlib.sha256(path.read_bytes()).hexdigest()

    def names(self) -> tuple[str, ...]:
        """The methods that can be run, classical ones first."""
        return (*CLASSICAL, *self.networks)

    def denoise(self, name: str, hu: FloatArray, sigma: float) -> list[FloatArray]:
        """The candidates of one method: NLM and TV in several strengths, of which the best
        counts.
        """
        if name == "nlm":
            return [non_local_means(hu, sigma, strength) for strength in NLM_STRENGTHS]
        if name == "tv":
            return [total_variation(hu, sigma, strength) for strength in TV_STRENGTHS]
        return [apply_network(self.networks[name], hu)]


def _load(name: str, path: Path) -> nn.Module:
    network = NETWORKS[name]()
    network.load_state_dict({key: value.float() for key, value in load_file(path).items()})
    return network.eval().requires_grad_(requires_grad=False)


def apply_network(network: nn.Module, hu: FloatArray) -> FloatArray:
    """One image through a trained peer, in fp32."""
    with torch.inference_mode():
        image = torch.tensor(hu, dtype=torch.float32)[None, None]
        denoised: FloatArray = (network(image / HU_SCALE) * HU_SCALE)[0, 0].numpy()
    return denoised
