"""The two pools that training draws from: noisy pairs for the denoiser, views for the cloud head.

Both are memory-mapped arrays on disk. `prepare` makes them from a data folder and from phantoms,
and finds them again by a key of their sources.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from jrviewer.model.network_input import CT, MR, MR_SPAN_HU
from training.data.faint_discs import faint_discs
from training.preset import TILTED

RICIAN_SHARE = 0.12  # of the crops: MR images, or CT slices made to look like them
CLEAN_SHARE = 0.08  # of the crops: no noise added, so that clean slices stay unchanged
INSERT_SHARE = 0.5  # of the CT crops: faint discs added, so that real ones are not smoothed away
EMPTY_HU = -900.0  # a crop whose 90th percentile is below this holds no body


class Pairs:
    """Clean slices and the low-dose noise simulated for them."""

    def __init__(self, *folders: Path, mr: list[np.ndarray] | None = None) -> None:
        self.arrays = [
            (
                np.load(folder / f"clean_{size}.npy", mmap_mode="r"),
                np.load(folder / f"noise_{size}.npy", mmap_mode="r"),
                sum(entry["size"] == size for entry in _index(folder)),
            )
            for folder in folders
            for size in sorted({entry["size"] for entry in _index(folder)})
        ]
        self.mr = mr or []

    def draw(
        self, batch: int, pixels: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Clean and noisy crops (B, 1, pixels, pixels) in HU, what faint discs add to both, and
        the kinds (B,).
        """
        drawn = [self._crop(pixels, generator) for _ in range(batch)]
        images, kind = zip(*drawn, strict=True)
        clean, noisy, discs = torch.stack(images).unbind(dim=1)
        return clean[:, None], noisy[:, None], discs[:, None], torch.tensor(kind)

    def _crop(self, pixels: int, generator: torch.Generator) -> tuple[Tensor, float]:
        """A crop, the same with noise, and its discs, (3, pixels, pixels), and its kind."""
        sort = _uniform(generator)
        if sort < RICIAN_SHARE and self.mr:
            return self._magnetic(pixels, generator)
        clean, noise, rows = self.arrays[_integer(len(self.arrays), generator)]
        row = _integer(rows, generator)
        window = _body_window(clean[row], pixels, generator)
        hu = _tensor(clean[row][window])
        discs = torch.zeros_like(hu)
        # Between two doses noise scales like the root of their ratio; the pool holds only one each.
        strength = 0.0 if sort > 1 - CLEAN_SHARE else float(2 ** (_uniform(generator) - 0.5))
        if _uniform(generator) < INSERT_SHARE:
            discs = faint_discs(hu, generator)
        hu = hu + discs
        noisy = hu + strength * _tensor(noise[row][window])
        return _turned(torch.stack([hu, noisy, discs]), generator), CT

    def _magnetic(self, pixels: int, generator: torch.Generator) -> tuple[Tensor, float]:
        """A crop with Rician noise of 1–16 % of the brightest values, |S + n₁ + i n₂|."""
        image = self.mr[_integer(len(self.mr), generator)]
        window = _body_window(image * MR_SPAN_HU - 1000, pixels, generator)
        clean = _tensor(image[window])
        sigma = 0.01 + 0.15 * _uniform(generator)
        first, second = torch.randn((2, *clean.shape), generator=generator) * sigma
        noisy = torch.sqrt((clean + first) ** 2 + second**2)
        hu, noisy = clean * MR_SPAN_HU - 1000, noisy * MR_SPAN_HU - 1000
        return _turned(torch.stack([hu, noisy, torch.zeros_like(hu)]), generator), MR


class Views:
    """Canonical images with the true surface points around them, drawn region by region."""

    def __init__(self, *folders: Path, tilted: Path | None = None) -> None:
        self.folders: dict[str, list[tuple[Path, str, int]]] = {}
        kinds = [*(("", folder) for folder in folders), *([(TILTED, tilted)] if tilted else [])]
        for kind, folder in kinds:
            for entry in _index(folder):
                if entry["indices"]:
                    volumes = self.folders.setdefault(kind + entry["region"], [])
                    volumes.append((folder, entry["name"], len(entry["indices"])))
        self._maps: dict[Path, np.ndarray] = {}

    def draw(
        self, batch: int, points: int, share: Mapping[str, float], generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Images (B, 1, 128, 128) in HU; points (B, P, 3), labels and z_range (B, 2), box units.

        Each region comes in its `share`, one of tilted planes as "tilted-" and its name; one that
        has none is not drawn.
        """
        weights = torch.tensor([float(share.get(region, 0)) for region in self.folders])
        drawn = [self._view(points, weights, generator) for _ in range(batch)]
        images, chosen, labels, z_range = (torch.stack(part) for part in zip(*drawn, strict=True))
        return images, chosen, labels, z_range

    def _view(self, count: int, weights: Tensor, generator: torch.Generator) -> tuple[Tensor, ...]:
        volumes = [*self.folders.values()][int(torch.multinomial(weights, 1, generator=generator))]
        folder, name, slices = volumes[_integer(len(volumes), generator)]
        row = _integer(slices, generator)
        labels = self._map(folder / f"{name}.labels.npy")[row]
        chosen = torch.randperm(len(labels), generator=generator)[:count].numpy()
        return (
            _tensor(self._map(folder / f"{name}.images.npy")[row])[None],
            _tensor(self._map(folder / f"{name}.points.npy")[row][chosen]),
            torch.from_numpy(labels[chosen].astype(np.int64)),
            _tensor(self._map(folder / f"{name}.z_range.npy")[row]),
        )

    def _map(self, path: Path) -> np.ndarray:
        if path not in self._maps:
            self._maps[path] = np.load(path, mmap_mode="r")
        return self._maps[path]


def _index(folder: Path) -> list[dict[str, Any]]:
    content = json.loads((folder / "index.json").read_text())
    entries: list[dict[str, Any]] = content["volumes"] if isinstance(content, dict) else content
    return entries


def _body_window(image: np.ndarray, pixels: int, generator: torch.Generator) -> tuple[slice, slice]:
    """A square of the image that holds part of the body; after eight tries any square is
    accepted.
    """
    for _ in range(8):
        row, column = (_integer(max(size - pixels, 0) + 1, generator) for size in image.shape)
        window = (slice(row, row + pixels), slice(column, column + pixels))
        if np.percentile(image[window][::4, ::4], 90) > EMPTY_HU:
            break
    return window


def _turned(images: Tensor, generator: torch.Generator) -> Tensor:
    """All (N, H, W) with the same random quarter turn and flip."""
    images = torch.rot90(images, _integer(4, generator), dims=(1, 2))
    return images.flip(2) if _uniform(generator) < 0.5 else images


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float32))


def _integer(below: int, generator: torch.Generator) -> int:
    return int(torch.randint(below, (), generator=generator))


def _uniform(generator: torch.Generator) -> float:
    return float(torch.rand((), generator=generator))
