"""How much of the noise goes: one pass of the network, any strength. Arrays and numbers only.

The network says what is noise, all of it. A strength is the share of the noise's standard deviation
that shall be gone: Low 30 %, Standard 50 %, High 75 %, or any other. It is met in each slice where
its tissue is calmest, so that every slice of a series loses the same part of its noise.

What the network removes has a fine and a slow part. A faint lesion lies mostly in the slow part, a
CT's noise mostly in the fine one (Riederer et al. 1978). So the fine part goes first, and the slow
part follows when most of it is gone.

A network that is unsure takes a part of what it sees: what it leaves of the slow noise looks like
what it took, two to five times as strong. Where all of it is not enough for a strength, up to
twice the slow part goes, as far as that lowers the noise.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jrviewer.core.filters import gaussian
from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Unit

SLOW_PIXELS = 1.9  # standard deviation of the Gaussian that tells slow parts from fine
SLOW_FROM = 0.91  # of the fine part's share: from there on the slow part goes, too
USUAL_LEFT = 0.15  # of the noise, after all that the network removes, where it cannot be measured
STEPS = 24  # of the bisection
MOST_SLOW, SLOWER_STEPS = 2.0, 21  # times the slow part, where all of it is not enough
LEAST_HU = 1.0  # a slice with less noise than this has none that a strength could be met in


@dataclass(frozen=True, slots=True)
class Strength:
    """The share of the noise's standard deviation that shall go, 0 to 1, and what it is called."""

    reduction: float
    name: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.reduction <= 1:
            raise ValueError("a strength is a share of the noise, from 0 to 100 per cent")

    def __str__(self) -> str:
        return self.name or self._per_cent

    @property
    def words(self) -> str:
        """As exports state it: “standard (50 %)”, “40 %”."""
        return f"{self.name} ({self._per_cent})" if self.name else self._per_cent

    @property
    def _per_cent(self) -> str:
        return f"{100 * self.reduction:.3g} %"


LOW, STANDARD, HIGH = Strength(0.30, "low"), Strength(0.50, "standard"), Strength(0.75, "high")
FULL = Strength(1.0)
NAMED = {one.name: one for one in (LOW, STANDARD, HIGH)}


def parse_strength(text: str) -> Strength:
    """“low”, “standard”, “high” or per cent (“40”, “40 %”). Raises ValueError for anything else."""
    word = text.strip().lower()
    if word in NAMED:
        return NAMED[word]
    try:
        percent = float(word.removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise ValueError("The strength is low, standard, high or a number of per cent, 0 to 100.")
    return Strength(percent / 100)


def strength_for(before: float, wanted: float) -> Strength:
    """The strength that takes noise of a standard deviation to a wanted one, in the same unit."""
    return Strength(float(np.clip(1 - wanted / before, 0, 1)) if before > 0 else 0.0)


class Shares(NamedTuple):
    """How much goes of what the network removes: of the fine part 0 to 1, of the slow 0 to 2."""

    fine: float
    slow: float


NOTHING, ALL = Shares(0.0, 0.0), Shares(1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """What the network took from a slice (rows, columns), in its unit: a fine and a slow part."""

    fine: FloatArray
    slow: FloatArray

    @classmethod
    def of(cls, pixels: FloatArray, denoised: FloatArray) -> "Residual":
        """Of a slice and its twin at full strength. Where either is no number, nothing went."""
        removed = np.nan_to_num(pixels - denoised, posinf=0.0, neginf=0.0).astype(np.float32)
        slow = gaussian(removed, SLOW_PIXELS, truncate=3.0)
        return cls(removed - slow, slow)

    def at(self, shares: Shares) -> FloatArray:
        """The part of it that goes, (rows, columns) float32."""
        gone: FloatArray = np.float32(shares.fine) * self.fine + np.float32(shares.slow) * self.slow
        return gone


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """A slice's noise, measured in its calm region (`imaging.noise_level.measure`).

    `covariances` float32 (3, 3, N): of the slice, of the fine and of the slow part that the network
    removed, around each of N pixels, in the squared unit.
    """

    covariances: FloatArray
    unit: Unit

    @property
    def before(self) -> float:
        """The standard deviation of the slice's own noise."""
        return self.after(NOTHING)

    @property
    def is_hardly_any(self) -> bool:
        """Whether there is too little of it for a strength to be met; only in HU."""
        return self.unit == "HU" and self.before < LEAST_HU

    def after(self, shares: Shares) -> float:
        """The noise's standard deviation once these shares are gone."""
        kept = np.array([1.0, -shares.fine, -shares.slow])
        variance = np.einsum("i,ijn,j->n", kept, self.covariances, kept)
        return max(float(np.median(variance)), 0.0) ** 0.5

    def shares(self, strength: Strength) -> Shares:
        """What must go for a strength; where even all of it is not enough, what leaves least. Of
        100 % it is all that the network takes for noise, no more.
        """
        if strength.reduction == 0:
            return NOTHING
        if strength.reduction == 1:
            return ALL
        wanted = (1 - strength.reduction) * self.before
        if self.after(ALL) >= wanted:
            return self._beyond_all(wanted)
        low, high = 0.0, 1.0
        for _ in range(STEPS):
            middle = (low + high) / 2
            too_little = self.after(shares_at(middle)) > wanted
            low, high = (middle, high) if too_little else (low, middle)
        return shares_at(high)

    def _beyond_all(self, wanted: float) -> Shares:
        """All of it and as much more of the slow part as a standard deviation asks for, or as
        lowers it.
        """
        slower = [Shares(1.0, float(slow)) for slow in np.linspace(1, MOST_SLOW, SLOWER_STEPS)]
        left = [self.after(shares) for shares in slower]
        enough = (shares for shares, sd in zip(slower, left, strict=True) if sd <= wanted)
        return next(enough, slower[int(np.argmin(left))])


def shares_at(fine: float) -> Shares:
    """The shares on the way from nothing to all of it, by the fine part's."""
    return Shares(fine, max(0.0, (fine - SLOW_FROM) / (1 - SLOW_FROM)))


def shares_of(noise: Noise | None, strength: Strength) -> Shares:
    """The shares for a slice; usual ones where its noise could not be measured."""
    if noise is not None and not noise.is_hardly_any:
        return noise.shares(strength)
    return shares_at(min(1.0, strength.reduction / (1 - USUAL_LEFT)))


def apply(pixels: FloatArray, removed: Residual, shares: Shares) -> FloatArray:
    """The slice (rows, columns) float32 with these shares gone."""
    return (pixels - removed.at(shares)).astype(np.float32)
