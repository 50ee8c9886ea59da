"""How much of the noise goes: one pass of the network, any strength. Arrays and numbers only.

The network says what is noise, all of it. A strength is the share of the noise's standard deviation
that shall be gone: Low 30 %, Standard 50 %, High 75 %, or any other. It is met in each slice where
its tissue is calmest, so that every slice of a series loses the same part of its noise.

What the network removes has a fine and a slow part. A faint lesion lies mostly in the slow part, a
CT's noise mostly in the fine one (Riederer et al. 1978). So the fine part goes first, and the slow
part follows when most of it is gone.

A network that is unsure takes a part of what it sees: what it leaves of the slow noise looks like
what it took, two to five times as strong. Where all of it is not enough for High, up to twice the
slow part goes, as far as that lowers the noise; up to Standard never more than the network takes.

So every strength is a place on one path: the fine part, then the slow one, then more of it. A
stronger one lies further along and leaves no more noise; 100 % is the path's end, where least is
left.

Where soft tissue is a rim of muscle between fat, its slopes lie in every window that the noise is
measured in. No denoiser takes them, and none should: what they add is told apart, and does not
count (`imaging.noise_level`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from jrviewer.core.filters import gaussian
from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Unit

SLOW_PIXELS = 1.9  # standard deviation of the Gaussian that tells slow parts from fine
SLOW_REACH = 6  # pixels: its three standard deviations
SLOW_FROM = 0.91  # of the fine part's share: from there on the slow part goes, too
USUAL_LEFT = 0.15  # of the noise, after all that the network removes, where it cannot be measured
STEPS = 12  # of the bisection between two places of the path
PLACES, SLOWER_PLACES = 41, 11  # on the path up to all of it, and from there on
MOST_SLOW = 2.0  # times the slow part, where all of it is not enough
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
        slow = gaussian(removed, SLOW_PIXELS, truncate=SLOW_REACH / SLOW_PIXELS)
        return cls(removed - slow, slow)

    def at(self, shares: Shares) -> FloatArray:
        """The part of it that goes, (rows, columns) float32."""
        gone: FloatArray = np.float32(shares.fine) * self.fine + np.float32(shares.slow) * self.slow
        return gone


PAIRS = np.array([(0, 1, 2), (1, 3, 4), (2, 4, 5)])  # which of six covariances is of which two


@dataclass(frozen=True, eq=False)
class Noise:
    """A slice's noise, measured in its calm region (`imaging.noise_level.measure`).

    `covariances` float32 (6, N), as PAIRS has them: of the slice, of the fine and of the slow part
    that the network removed, around each of N pixels, in the squared unit. `tissue` is the variance
    among them that is no noise.
    """

    covariances: FloatArray
    unit: Unit
    tissue: float = 0.0

    @property
    def before(self) -> float:
        """The standard deviation of the slice's own noise."""
        return self.after(NOTHING)

    @property
    def is_hardly_any(self) -> bool:
        """Whether there is too little of it for a strength to be met; only in HU."""
        return self.unit == "HU" and self.before < LEAST_HU

    @property
    def least(self) -> float:
        """The standard deviation that is left at 100 %."""
        return float(self._path[1].min())

    def after(self, shares: Shares) -> float:
        """The noise's standard deviation once these shares are gone."""
        return float(self._left([shares])[0])

    def shares(self, strength: Strength) -> Shares:
        """What must go for a strength; where even all of it is not enough, what leaves least."""
        if strength.reduction == 0:
            return NOTHING
        path, left = self._path
        if strength.reduction <= STANDARD.reduction:
            path, left = path[:PLACES], left[:PLACES]
        wanted = (1 - strength.reduction) * self.before
        enough = np.flatnonzero(left <= wanted)
        if not len(enough):
            return path[int(np.argmin(left))]
        place = int(enough[0])
        return path[0] if place == 0 else self._between(path[place - 1], path[place], wanted)

    def _left(self, shares: Sequence[Shares]) -> FloatArray:
        """The standard deviation (N,) that each of N shares leaves."""
        kept = np.array([(1.0, -one.fine, -one.slow) for one in shares], dtype=np.float32)
        variance = np.zeros((len(kept), self.covariances.shape[1]), dtype=np.float32)
        # Not as a product of matrices: threads of OpenBLAS spin, and halve the speed of a series.
        for one in range(3):
            for other in range(one, 3):
                products = kept[:, one] * kept[:, other] * (1 if one == other else 2)
                variance += products[:, None] * self.covariances[PAIRS[one, other]]
        return np.sqrt(np.maximum(np.median(variance, axis=1) - self.tissue, 0.0))

    @cached_property
    def _path(self) -> tuple[list[Shares], FloatArray]:
        """Places from nothing to the most that may go, and the noise that each leaves. More than
        the network takes goes only as far as High asks.
        """
        usual = [shares_at(float(fine)) for fine in np.linspace(0, 1, PLACES)]
        left = self._left(usual)
        wanted = (1 - HIGH.reduction) * self.before
        if left.min() <= wanted:
            return usual, left
        slower = [Shares(1.0, float(slow)) for slow in np.linspace(1, MOST_SLOW, SLOWER_PLACES)]
        slower_left = self._left(slower)
        enough = np.flatnonzero(slower_left <= wanted)
        if len(enough):  # the last one meets High exactly
            last = int(enough[0])
            slower[last] = self._between(slower[last - 1], slower[last], wanted)
            slower, slower_left = slower[: last + 1], self._left(slower[: last + 1])
        return usual + slower[1:], np.concatenate([left, slower_left[1:]])

    def _between(self, low: Shares, high: Shares, wanted: float) -> Shares:
        """Between shares that leave more than a standard deviation and ones that do not."""
        for _ in range(STEPS):
            middle = Shares((low.fine + high.fine) / 2, (low.slow + high.slow) / 2)
            if self.after(middle) > wanted:
                low = middle
            else:
                high = middle
        return high


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
