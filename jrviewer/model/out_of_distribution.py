"""How far a slice lies from those that the model has learnt from, in the encoder's own features.

The features of training slices are described by their mean, the directions in which they differ
most and the spread along each; a new slice's distance is Mahalanobis's in these, with what they
leave over counted by its mean spread (probabilistic PCA: Tipping and Bishop 1999, eq. 6). A second
direction tells slices from the same slices upside down, a third from MR whose values were scaled
like CT's (Fisher's linear discriminant). All limits come from training patients that were left out
of the fit. Knows no network.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Finding

RED = 1.5  # times the distance beyond which two training slices in a hundred lie
UNLIKE = "This slice looks unlike those that the model has learnt from"
UPSIDE_DOWN = "The slice seems to lie upside down: check how it was exported before trusting depth."
MAGNETIC = "The slice looks like MR that is given as CT: its values are no Hounsfield units."


@dataclass(frozen=True, slots=True, eq=False)
class Familiarity:
    """`centre` and `scale` (D,), `axes` (K, D) of unit length, `spread` (K + 1,) whose last entry
    is the variance that every other direction has, `upright` and `magnetic` (D + 1,) the
    discriminants and their offsets (the latter empty where no MR was known), `limits` (2,) or (3,):
    distance, and the discriminants' values.
    """

    centre: FloatArray
    scale: FloatArray
    axes: FloatArray
    spread: FloatArray
    upright: FloatArray
    limits: FloatArray
    magnetic: FloatArray = field(default_factory=lambda: np.zeros(0, dtype=np.float32))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, FloatArray]) -> "Familiarity | None":
        """From what `arrays` gave; None where nothing is known."""
        return cls(**arrays) if arrays else None

    def arrays(self) -> dict[str, FloatArray]:
        """Everything, by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    def distance(self, features: FloatArray) -> FloatArray:
        """(N,) of features (N, D); one is the limit."""
        centred = (features - self.centre) / self.scale
        along = centred @ self.axes.T
        left_over = (centred**2).sum(axis=1) - (along**2).sum(axis=1)
        squared = (along**2 / self.spread[:-1]).sum(axis=1) + left_over / self.spread[-1]
        return np.asarray(np.sqrt(squared) / self.limits[0])

    def upside_down(self, features: FloatArray) -> FloatArray:
        """(N,) of features (N, D): how much they speak for a slice that lies upside down; one is
        the limit.
        """
        return self._along(self.upright, features) / self.limits[1]

    def like_mr(self, features: FloatArray) -> FloatArray:
        """(N,) of features (N, D): how much they speak for MR; one is the limit."""
        if not len(self.magnetic):
            return np.zeros(len(features))
        return self._along(self.magnetic, features) / self.limits[2]

    def _along(self, direction: FloatArray, features: FloatArray) -> FloatArray:
        centred = (features - self.centre) / self.scale
        return np.asarray(centred @ direction[:-1] - direction[-1])

    def findings(
        self, features: FloatArray, *, has_front: Callable[[], bool] = lambda: True
    ) -> Iterator[Finding]:
        """What speaks against trusting the model on a slice with these features (D,). `has_front`:
        whether the slice itself shows which way it lies; it is asked only where that matters.
        """
        distance = float(self.distance(features[None])[0])
        if distance > RED:
            yield Finding("red", f"{UNLIKE}: it may be no slice through a body, or not in HU.")
        elif distance > 1:
            yield Finding("amber", f"{UNLIKE}: trust the cloud less than usual.")
        if self.upside_down(features[None])[0] > 1 and has_front():
            yield Finding("amber", UPSIDE_DOWN)
        if self.like_mr(features[None])[0] > 1:
            yield Finding("amber", MAGNETIC)


def described(features: tuple[Tensor, ...]) -> Tensor:
    """An encoder's features (B, C, H, W), finest first, in a row of numbers (B, D): mean and spread
    of every channel, and the coarse ones' means in each quarter.
    """
    single = [one.float() for one in features]
    parts = [part for one in single for part in _mean_and_spread(one)]
    return torch.cat([*parts, F.adaptive_avg_pool2d(single[-1], 2).flatten(1)], dim=1)


def _mean_and_spread(x: Tensor) -> tuple[Tensor, Tensor]:
    """Of every channel (B, C), as `torch.std` has it in a quarter of the time."""
    mean = x.mean((2, 3), keepdim=True)
    squares = (x - mean).square_().sum((2, 3))
    return mean[..., 0, 0], (squares / (x[0, 0].numel() - 1)).sqrt()
