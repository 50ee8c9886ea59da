"""The network with its weights on a device: arrays in, arrays out.

Knows neither slices nor patients; `predict` leads a slice through it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, FloatArray
from jrviewer.core.records import Unit
from jrviewer.model import cpu_tuning
from jrviewer.model.cloud_sampling import Expected, Sample
from jrviewer.model.network import LOG_SIGMA, LOG_SIGMA_LIMITS, JointNet, Surfaces
from jrviewer.model.network_input import CT, MR, MR_SPAN_HU
from jrviewer.model.out_of_distribution import Familiarity
from jrviewer.model.second_thread import second_thread

MR_AIR_HU = -1000.0  # what nothing in MR is to the network


@dataclass(frozen=True, slots=True, eq=False)
class JointModel:
    """What `load.load_model` makes of a weights file."""

    name: str
    weights_sha256: str
    device: str  # for display, e.g. "CPU fp32"
    net: JointNet
    sharpness: float
    sigma_factors: tuple[tuple[float, float], ...] = ()  # (depth up to mm, factor), ascending
    familiarity: Familiarity | None = None  # None: the weights know nothing of their training data
    note: str = ""  # why it runs on another device than requested
    packed: JointNet | None = None  # the network as this processor computes it soonest
    half: JointNet | None = None  # the network in bfloat16, where that is faster
    int8: JointNet | None = None  # for denoising CT, where that is faster and there is no half

    def denoise(self, pixels: FloatArray, unit: Unit) -> FloatArray:
        """The denoised slice (rows, columns) float32 in its own unit."""
        if unit == "HU":
            return self._denoised_hu(pixels, CT)
        scale, offset = np.float32(_mr_scale(pixels)), np.float32(MR_AIR_HU)
        return (self._denoised_hu(pixels * scale + offset, MR) - offset) / scale

    def _denoised_hu(self, pixels: FloatArray, kind: float) -> FloatArray:
        fast = self.half or (self.int8 if kind == CT else None)
        with torch.inference_mode():
            hu = cpu_tuning.run(self.packed or self.net, fast, self._to_device(pixels), kind)
        denoised: FloatArray = hu[0, 0].cpu().numpy()
        return denoised

    def surfaces(self, image: FloatArray) -> tuple[Surfaces, FloatArray]:
        """What the cloud head says of a canonical image (128, 128) in HU, and what the encoder saw
        in it (D,), from one pass.
        """
        with torch.inference_mode():
            net = self.half or self.packed or self.net
            surfaces, features = net.described_surfaces(self._to_device(image))
        return surfaces, features[0].float().cpu().numpy()

    def expected(self, surfaces: Surfaces) -> Expected:
        """Where surface points are expected by what the cloud head says."""
        # By numpy: torch would share the work with a thread whose processor is taken here.
        raw = surfaces.raw[0].permute(1, 2, 0).float().cpu().numpy()
        log_sigma = (raw[..., : surfaces.cells] + LOG_SIGMA).clip(*LOG_SIGMA_LIMITS)
        return Expected.of_blocks(
            raw[..., surfaces.cells :],
            log_sigma,
            surfaces.structures,
            self.sharpness,
            self._corrections(surfaces.cells // surfaces.structures),
        )

    def infer_surfaces(self, image: FloatArray) -> tuple[Expected, FloatArray]:
        """Where surface points are expected in a canonical image (128, 128) in HU, and what the
        encoder saw (D,).
        """
        surfaces, features = self.surfaces(image)
        return self.expected(surfaces), features

    def clouds(self, image: FloatArray, counts: Sequence[int]) -> list[Sample]:
        """A cloud of every size in `counts` from one pass over a canonical image (128, 128), HU."""
        expected, _ = self.infer_surfaces(image)
        with second_thread() as second:
            return [expected.sample(count, second) for count in counts]

    def _corrections(self, layers: int) -> FloatArray:
        """The factor on sigma that training patients asked for, of every depth layer."""
        if not self.sigma_factors:
            return np.ones(layers, dtype=np.float32)
        ends, factors = np.array(self.sigma_factors, dtype=np.float32).T
        depth_mm = np.abs((np.arange(layers) + 0.5) / layers * 2 - 1) * BOX_HALF_DEPTH_MM
        corrections: FloatArray = factors[np.searchsorted(ends[:-1], depth_mm, side="right")]
        return corrections

    @property
    def torch_device(self) -> torch.device:
        """The device that the network is on."""
        return next(self.net.parameters()).device

    def _to_device(self, image: FloatArray) -> Tensor:
        """An image (rows, columns) as (1, 1, rows, columns) where the network is.

        From page-locked memory a graphics processor fetches it itself while this thread goes on; a
        result is waited for, as it is read at once.
        """
        tensor = torch.from_numpy(np.array(image, dtype=np.float32))[None, None]  # its own copy
        device = self.torch_device
        return (tensor.pin_memory() if device.type == "cuda" else tensor).to(
            device, non_blocking=True
        )


def _mr_scale(pixels: FloatArray) -> float:
    brightest = float(np.percentile(pixels, 99.5))
    return MR_SPAN_HU / brightest if brightest > 0 else 1.0
