"""The denoisers that are measured on real noise: ours at every strength, and the peers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from jrviewer.core import strength
from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Unit
from jrviewer.core.strength import Noise, Residual, Shares, Strength
from jrviewer.imaging.noise_level import BoolArray, measure
from training.baselines.denoisers import Peers
from training.data.real_noise.classical import non_local_means, total_variation

STRENGTHS: dict[str, Strength] = {
    "low": strength.LOW,
    "standard": strength.STANDARD,
    "high": strength.HIGH,
    "full": strength.FULL,
}
NLM, TV = 1.0, 1.0  # strengths over the noise's standard deviation
NETWORKS = ("cnn10", "redcnn")
LEAST_SIGMA = 1e-3
ALIKE = 0.01  # share to which what non-local means are told is sought
MOST_TOLD, TOLD_MORE = 8.0, 1.5  # times the noise's standard deviation

Denoise = Callable[[FloatArray, Unit], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Methods:
    """Ours and the peers. Networks of the peers know CT alone."""

    ours: Denoise
    peers: Peers

    def strengths(self, pixels: FloatArray, unit: Unit) -> dict[str, FloatArray]:
        """A slice at every strength, from one pass."""
        return self.judged(pixels, unit)[0]

    def judged(self, pixels: FloatArray, unit: Unit) -> tuple[dict[str, FloatArray], float]:
        """The same, and the variance in the calm region that is tissue, no noise; NaN where that is
        not known.
        """
        denoised = self.ours(pixels, unit)
        removed = Residual.of(pixels, denoised)
        noise = measure(pixels, denoised, unit)
        shares = shares_by_name(noise)
        images = {name: strength.apply(pixels, removed, one) for name, one in shares.items()}
        return images, noise.tissue if noise else float("nan")

    def others(self, unit: Unit) -> Iterator[tuple[str, Callable[[FloatArray, float], FloatArray]]]:
        """The peers by name: `(pixels, sigma) -> denoised`."""
        yield "nlm", partial(_told, non_local_means, by=NLM)
        yield "tv", partial(_told, total_variation, by=TV)
        for name in NETWORKS if unit == "HU" else ():
            if name in self.peers.networks:
                yield name, partial(_network, self.peers, name)


def shares_by_name(noise: Noise | None) -> dict[str, Shares]:
    """What goes at every strength that is measured."""
    return {name: strength.shares_of(noise, one) for name, one in STRENGTHS.items()}


def alike(pixels: FloatArray, example: FloatArray, body: BoolArray, sigma: float) -> FloatArray:
    """A slice (rows, columns) by non-local means that take as much from the body, by standard
    deviation, as was taken for the example; the most they take where that is less. What they are
    told is sought around sigma.
    """
    from scipy.optimize import brentq

    noisy = pixels.astype(np.float32)
    wanted = float((noisy - example)[body].std())

    @cache
    def excess(told: float) -> float:
        return float((noisy - _told(non_local_means, noisy, told, NLM))[body].std()) - wanted

    most = sigma
    while excess(most) < 0 and most < MOST_TOLD * sigma:
        most *= TOLD_MORE
    told = most if excess(most) < 0 else brentq(excess, 0.0, most, rtol=ALIKE)
    return _told(non_local_means, noisy, told, NLM)


def _told(
    method: Callable[[FloatArray, float, float], FloatArray],
    pixels: FloatArray,
    sigma: float,
    by: float,
) -> FloatArray:
    return method(pixels.astype(np.float32), max(sigma, LEAST_SIGMA), by)


def _network(peers: Peers, name: str, pixels: FloatArray, sigma: float) -> FloatArray:
    return peers.denoise(name, pixels, sigma)[0]
