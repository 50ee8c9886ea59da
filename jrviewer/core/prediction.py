"""The last of the records: what the model made of one slice, at any strength.

Knows nothing of files, networks or windows.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from jrviewer.core.errors import ExportError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.noise_words import noise_sentence
from jrviewer.core.packed_image import PackedImage, fine, packed
from jrviewer.core.padding import is_padding, without_padding
from jrviewer.core.records import Cloud, Finding, Level, Slice
from jrviewer.core.strength import (
    ALL,
    FULL,
    NOTHING,
    Noise,
    Residual,
    Shares,
    Strength,
    apply,
    shares_of,
)

# Whether contrast medium may be among what is as bright as bone: the file says so, or vessels are
# seen.
Contrast = Literal["none", "stated", "seen"]

HARDLY_HU = 1.0  # a standard deviation below this changes nothing that anybody sees
LIMIT_SHARE = 0.03  # of the noise: less than it was to lose by so much is told
MOST_MARKS = 12  # of a residual: the strongest; there may be more


@dataclass(frozen=True, slots=True)
class Mark:
    """A place where a shape, not noise, was removed."""

    row: float
    column: float
    size_mm: float  # diameter, in pixels where the slice has no spacing
    change: float  # original minus denoised, mean over the middle, in the slice's unit
    strength: float  # in standard deviations of the smoothed noise


@dataclass(frozen=True, slots=True)
class Removed:
    """What `imaging.residual_check` says of original minus denoised slice.

    `score` is the strongest visible shape in it, in standard deviations of the smoothed noise: up
    to about 5 for noise alone. `noise` is its standard deviation in the body, in the slice's unit.
    """

    score: float
    noise: float
    marks: tuple[Mark, ...]

    def is_hardly_anything(self, unit: str) -> bool:
        """Whether so little was removed that nobody sees it; only in HU, whose size is known."""
        return unit == "HU" and self.noise < HARDLY_HU and not self.marks


def require_acquired(image: Slice) -> None:
    """Raise ExportError for a slice that no scanner acquired: nobody may take it for a scan."""
    if image.simulated_dose is not None:
        raise ExportError(
            "This slice shows a simulated dose, which no scanner acquired, so it is not exported. "
            "Go back to the slice itself and export that."
        )


def removed_from(image: Slice, fully_denoised: FloatArray) -> Residual:
    """What the network took from a slice; nothing where there is padding."""
    pixels = without_padding(image)
    return Residual.of(pixels, np.where(is_padding(image), pixels, fully_denoised))


@packed(fully_denoised=fine)
@dataclass(frozen=True, eq=False)
class Prediction:
    """What the model made of one slice. It carries its input, so that no view has to match two
    things up.

    The network says what is noise; the strength says how much of it is gone in `denoised`, and
    another one needs no network (`at`). The cloud is inferred from the fully denoised slice, so it
    is the same at every strength.

    `removed` and `dense_cloud` cost as much time as the rest together and are not always needed:
    they are None until a worker computes them, and then stay with the prediction.
    """

    slice: Slice
    fully_denoised: FloatArray  # (rows, columns) float32, unit of the slice: all noise removed
    cloud: Cloud | None  # 1024 points; None where no cloud is made (MR)
    sample_dense: Callable[[], Cloud] | None  # places 4096 points on the same surfaces
    check_residual: Callable[[Slice, FloatArray], Removed]  # judges original and denoised slice
    no_cloud_reason: str  # a sentence, "" where there is a cloud
    model: str  # the model's name and version
    weights_sha256: str
    device: str  # e.g. "CPU fp32"
    seconds: float
    findings: tuple[Finding, ...] = ()
    overridden: bool = False  # the user ran the model in spite of a red input check
    noise: Noise | None = None  # None where it could not be measured
    nearest_noise: Noise | None = None  # of another slice of the series, where `noise` says nothing
    strength: Strength = FULL
    contrast: Contrast = "none"
    interpolated_from: int = 0  # slices of a sparse series, between which the clouds are
    widest_gap_mm: int = 0  # between two of them at most

    @property
    def bone_words(self) -> str:
        """What the bright structure is called: contrast medium may look like bone."""
        return "bone" if self.contrast == "none" else "bone or contrast medium"

    def at(self, strength: Strength) -> "Prediction":
        """The same prediction at another strength: no inference, and no time until it is read."""
        return self if strength == self.strength else self._with(strength=strength)

    def beside(self, noise: Noise | None) -> "Prediction":
        """The same prediction with what is known of the noise of the nearest slice of its series,
        so that nothing jumps where this slice's own could not be measured.
        """
        return self._with(nearest_noise=noise)

    def between_slices(
        self, cloud: Cloud, sample_dense: Callable[[], Cloud], slices: int, widest_gap_mm: int
    ) -> "Prediction":
        """The same prediction with clouds that are interpolated between slices of its series."""
        other = self._with(
            cloud=cloud,
            sample_dense=sample_dense,
            interpolated_from=slices,
            widest_gap_mm=widest_gap_mm,
        )
        vars(other).pop("_dense_cloud", None)
        return other

    @property
    def cloud_sentence(self) -> str:
        """What the cloud was made from, in the words of every export and of the window."""
        if self.cloud is None:
            return "no cloud"
        if not self.interpolated_from:
            return "inferred from this slice alone"
        return (
            f"interpolated between {self.interpolated_from} slices, where they are at most "
            f"{self.widest_gap_mm} mm apart, and inferred from this slice beyond them"
        )

    def _with(self, **values: object) -> "Prediction":
        """A copy that shares the images and the dense cloud, and nothing that depends on the
        strength.
        """
        other = copy(self)
        vars(other).update(values)
        for name in ("shares", "_denoised", "_removed"):
            vars(other).pop(name, None)
        return other

    @cached_property
    def shares(self) -> Shares:
        """How much is gone of what the network removes."""
        noise = self.noise if self.is_noise_known else self.nearest_noise
        return shares_of(noise, self.strength)

    @property
    def denoised(self) -> FloatArray:
        """The slice at this strength (rows, columns) float32; 10 ms when it is first read."""
        if self.shares == ALL:
            return self.fully_denoised
        return self.slice.pixels if self.shares == NOTHING else self._denoised.image

    @cached_property
    def _denoised(self) -> PackedImage:
        removed = removed_from(self.slice, self.fully_denoised)
        image = apply(without_padding(self.slice), removed, self.shares)
        return PackedImage(image, fine(image))

    @property
    def noise_before(self) -> float | None:
        """The standard deviation of the slice's noise in its unit; None where not measured."""
        return None if self.noise is None else self.noise.before

    @property
    def noise_after(self) -> float | None:
        """The same of the denoised slice, at the same places."""
        return None if self.noise is None else self.noise.after(self.shares)

    @property
    def noise_sentence(self) -> str:
        """What became of the noise, in the words of every export and of the window."""
        before, after = self.noise_before, self.noise_after
        return noise_sentence(before, after, self.slice.unit, is_limit=self.is_at_limit)

    @property
    def is_at_limit(self) -> bool:
        """Whether the strength asked for more than may go of what the network takes for noise."""
        if not self.is_noise_known or not self.noise_before or self.noise_after is None:
            return False
        wanted = 1 - self.strength.reduction
        return 0 < wanted < self.noise_after / self.noise_before - LIMIT_SHARE

    @property
    def is_noise_known(self) -> bool:
        """Whether this slice says by itself how much a strength must remove."""
        return self.noise is not None and not self.noise.is_hardly_any

    @property
    def dense_cloud(self) -> Cloud | None:
        """The cloud of 4096 points; None until `compute_dense_cloud` was called."""
        return vars(self).get("_dense_cloud")

    def compute_dense_cloud(self) -> Cloud | None:
        """The cloud of 4096 points, None where there is no cloud; 0.2 s, so call it in a worker."""
        return self._dense_cloud

    @cached_property
    def _dense_cloud(self) -> Cloud | None:
        return self.sample_dense() if self.sample_dense else None

    @property
    def removed(self) -> Removed | None:
        """What was removed from the slice; None until `compute_removed` was called."""
        return vars(self).get("_removed")

    def compute_removed(self) -> Removed:
        """What was removed from the slice; 0.1 s for 512 × 512 pixels, so call it in a worker."""
        return self._removed

    @cached_property
    def _removed(self) -> Removed:
        return self.check_residual(self.slice, self.denoised)

    def blended(self, per_cent: int) -> FloatArray:
        """The original (rows, columns) with that much of the AI slice mixed in; 100 is all AI."""
        if per_cent == 100:
            return self.denoised
        original = self.slice.pixels
        mixed: FloatArray = original + np.float32(per_cent / 100) * (self.denoised - original)
        return mixed

    @property
    def level(self) -> Level:
        """The worst level among the findings."""
        levels = {finding.level for finding in self.findings}
        return "red" if "red" in levels else "amber" if "amber" in levels else "green"


class SeriesNoise:
    """The last noise measured along a series, for the slices whose own says nothing.

    Where predictions stream there is no looking ahead: a slice takes the last one before it, not
    the nearest on either side; the first ones, before any is known, lose the usual shares.
    """

    def __init__(self) -> None:
        self._last: Noise | None = None

    def steady(self, prediction: Prediction) -> Prediction:
        """The next prediction of the series, so that nothing jumps."""
        if not prediction.is_noise_known:
            return prediction.beside(self._last)
        self._last = prediction.noise
        return prediction
