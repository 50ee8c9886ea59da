"""CT noise as scanners leave it: random spectra in line pairs per millimetre, uneven over a slice.

A reconstruction kernel is a ramp that gives way to a fall; in calm tissue of native slices the
noise's power peaks at 0.1–0.6 line pairs per millimetre and keeps 5–60 % of its peak towards zero.
Four kinds of field take turns: white noise under a random ramp and fall; simulated projections
(`training.data.noise`, whose ramp is there already) under a random fall; white noise under spectra
measured in native training slices; white noise under kernels in pixels, a Gaussian or a ramp that
a cosine ends. To half of them a slow field is added, up to all of the noise: native soft kernels
keep their highest power towards frequency zero, where a ramp has none. All are gently stretched, of
uneven strength and any level.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from jrviewer.core.geometry import FloatArray

MARGIN = 16  # pixels beyond each side of a crop: a Fourier transform wraps around
FALL_LP_MM = (0.22, 1.3)  # where the power falls, log-uniform …
SOFT_LP_MM, SOFT_SHARE = (0.24, 0.6), 0.5  # … and more often as soft kernels' does
FALL_POWER = (1.2, 6.0)
RAMP_POWER = (0.4, 2.2)  # of the power's rise with frequency
FLOOR = (0.02, 4.0)  # of the power, towards frequency zero; soft kernels have no rise at all
STRETCH = 0.15  # of one direction against the other, as a logarithm …
STREAKS, STREAK_SHARE = 0.7, 0.25  # … and more where a body is much longer one way
UNEVEN = 0.25  # spread of the logarithm of the strength over a crop
USUAL_HU, STRONG_HU = (4.0, 42.0), (42.0, 80.0)
STRONG_SHARE = 0.15
SLOWER_SHARE, SLOWER_LP_MM = 0.5, (0.12, 0.6)  # fields with a slow one added, and its Gaussian
PHYSICS_SHARE, MEASURED_SHARE = 0.45, 0.13  # of the crops; the rest is white noise with a ramp …
PIXEL_SHARE = 0.15  # … or under a kernel in pixels
BLUR_PIXELS, COSINE_NYQUIST = (0.4, 1.1), (0.7, 1.0)  # its Gaussian, and where a cosine ends


@dataclass(frozen=True, slots=True)
class Fields:
    """What noise is made of beside random numbers: simulated fields (N, rows, columns) in HU,
    reconstructed with the bare ramp, and measured radial power spectra (M, bins) with the pixel
    size each was measured at; the bins go from zero to the Nyquist frequency.
    """

    physics: Sequence[np.ndarray] = ()
    spectra: FloatArray = field(default_factory=lambda: np.empty((0, 2), np.float32))
    spectra_mm: tuple[float, ...] = ()


def draw_noise(pixels: int, pixel_mm: Tensor, fields: Fields, random: torch.Generator) -> Tensor:
    """Noise (B, pixels, pixels) in HU for crops whose pixels have these sizes (B,)."""
    side = pixels + 2 * MARGIN
    noise = torch.stack([_one(side, float(mm), fields, random) for mm in pixel_mm])
    noise = noise[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    noise = noise * _uneven(len(pixel_mm), pixels, random)
    noise = noise / noise.std(dim=(1, 2), keepdim=True).clamp(min=1e-6)
    return noise * draw_levels(len(pixel_mm), random)[:, None, None]


def draw_levels(count: int, random: torch.Generator) -> Tensor:
    """Standard deviations (count,) in HU: log-uniform, most of them as real scans have them."""
    low, high = torch.tensor(USUAL_HU), torch.tensor(STRONG_HU)
    strong = torch.rand(count, generator=random) < STRONG_SHARE
    ends = torch.where(strong[:, None], high, low)
    return ends[:, 0] * (ends[:, 1] / ends[:, 0]) ** torch.rand(count, generator=random)


def _one(side: int, pixel_mm: float, fields: Fields, random: torch.Generator) -> Tensor:
    """A field (side, side) of any strength."""
    which = float(torch.rand((), generator=random))
    base = torch.randn((side, side), generator=random)
    lp_mm = _frequencies(side, random) / pixel_mm
    if which < PHYSICS_SHARE and len(fields.physics):
        base = _physics_crop(fields, side, random)
        power = _fall(lp_mm, random)
    elif which < PHYSICS_SHARE + MEASURED_SHARE and len(fields.spectra):
        power = _measured(lp_mm, fields, random)
    elif which > 1 - PIXEL_SHARE:
        power = _pixel_kernel(lp_mm * pixel_mm, random)
    else:
        power = _ramp(lp_mm, random) * _fall(lp_mm, random)
    noise = _filtered(base, power)
    if float(torch.rand((), generator=random)) < SLOWER_SHARE:
        noise = _with_slow(noise, lp_mm, random)
    return noise


def _filtered(base: Tensor, power: Tensor) -> Tensor:
    """A field (side, side) of unit strength."""
    noise = torch.fft.irfft2(torch.fft.rfft2(base) * power.sqrt(), s=base.shape)
    return noise / noise.std().clamp(min=1e-6)


def _with_slow(noise: Tensor, lp_mm: Tensor, random: torch.Generator) -> Tensor:
    """Some of its variance given to white noise under a Gaussian."""
    base = torch.randn(noise.shape, generator=random)
    slow = _filtered(base, torch.exp(-((lp_mm / _log_uniform(SLOWER_LP_MM, random)) ** 2)))
    share = float(torch.rand((), generator=random)) ** 1.5
    return (1 - share) ** 0.5 * noise + share**0.5 * slow


def _frequencies(side: int, random: torch.Generator) -> Tensor:
    """Frequency (side, side/2 + 1) in cycles per pixel, one direction stretched a little."""
    angle, stretch, streaks = torch.rand(3, generator=random)
    row, column = torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side)[None]
    turn = angle * torch.pi
    along = row * torch.cos(turn) + column * torch.sin(turn)
    across = column * torch.cos(turn) - row * torch.sin(turn)
    by = torch.exp((stretch - 0.5) * 2 * (STREAKS if streaks < STREAK_SHARE else STRETCH))
    return torch.hypot(along * by, across / by)


def _ramp(lp_mm: Tensor, random: torch.Generator) -> Tensor:
    """Power that rises from a floor."""
    power, floor = _uniform(RAMP_POWER, random), _log_uniform(FLOOR, random)
    return floor + (lp_mm / 0.5) ** power


def _fall(lp_mm: Tensor, random: torch.Generator) -> Tensor:
    """Power that falls from one towards zero beyond a random frequency."""
    is_soft = float(torch.rand((), generator=random)) < SOFT_SHARE
    at = _log_uniform(SOFT_LP_MM if is_soft else FALL_LP_MM, random)
    power = _uniform(FALL_POWER, random)
    return torch.exp(-((lp_mm / at) ** power))


def _pixel_kernel(frequency: Tensor, random: torch.Generator) -> Tensor:
    """Power over cycles per pixel: of a Gaussian blur, or of a ramp that a cosine ends."""
    if float(torch.rand((), generator=random)) < 0.5:
        blur = _uniform(BLUR_PIXELS, random)
        return torch.exp(-((2 * torch.pi * blur * frequency) ** 2))
    end = 0.5 * _uniform(COSINE_NYQUIST, random)
    return frequency * torch.cos(torch.pi / 2 * (frequency / end).clamp(max=1.0)) ** 2


def _measured(lp_mm: Tensor, fields: Fields, random: torch.Generator) -> Tensor:
    """A native series' power spectrum, its frequencies moved by up to a quarter."""
    which = int(torch.randint(len(fields.spectra), (), generator=random))
    spectrum = torch.from_numpy(np.asarray(fields.spectra[which], np.float32))
    nyquist = 0.5 / fields.spectra_mm[which] * _log_uniform((0.8, 1.25), random)
    place = (lp_mm / nyquist * (len(spectrum) - 1)).clamp(max=len(spectrum) - 1.001)
    low = place.floor().long()
    part = place - low
    return spectrum[low] * (1 - part) + spectrum[low + 1] * part


def _physics_crop(fields: Fields, side: int, random: torch.Generator) -> Tensor:
    which = int(torch.randint(len(fields.physics), (), generator=random))
    image = fields.physics[which]
    row, column = (
        int(torch.randint(size - side + 1, (), generator=random)) for size in image.shape
    )
    crop = np.array(image[row : row + side, column : column + side], dtype=np.float32)
    turns = int(torch.randint(4, (), generator=random))
    return torch.rot90(torch.from_numpy(crop), turns)


def _uneven(count: int, pixels: int, random: torch.Generator) -> Tensor:
    """Strength (count, pixels, pixels) that changes smoothly over a crop."""
    coarse = torch.randn((count, 1, 3, 3), generator=random) * UNEVEN
    size = (pixels, pixels)
    return torch.exp(F.interpolate(coarse, size=size, mode="bilinear", align_corners=True)[:, 0])


def _uniform(limits: tuple[float, float], random: torch.Generator) -> float:
    low, high = limits
    return low + (high - low) * float(torch.rand((), generator=random))


def _log_uniform(limits: tuple[float, float], random: torch.Generator) -> float:
    low, high = limits
    return low * (high / low) ** float(torch.rand((), generator=random))
