"""MR crops with noise as magnitude images have it: Rician, and correlated by the scanner's own
interpolation.

Scanners measure fewer points of k-space than the image has pixels, fill the rest with zeros and
filter what they have, so that the noise is smooth: native brains keep two fifths of its power at a
quarter of the Nyquist frequency, a quarter at a half and a hundredth at all of it. Anatomy of two
patients is too little to learn from: CT slices with random grey curves stand in for other
sequences.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from jrviewer.model.network_input import MR_SPAN_HU

LEVELS = (0.01, 0.15)  # of the brightest values
MEASURED_SHARE = (0.45, 1.0)  # of k-space, in each direction
FALL_NYQUIST = (0.3, 1.2)  # where a filter halves the amplitude, log-uniform
FALL_POWER = (1.2, 3.0)
FILTERED_SHARE = 0.75
SLOW_SHARE, SLOW_NYQUIST, MOST_SLOW = 0.6, (0.12, 0.4), 6.0  # power added towards frequency zero
UNEVEN = 0.2  # spread of the logarithm of the coils' sensitivity over a crop
KNOTS = 6  # of a random grey curve


def noisy(clean: Tensor, random: torch.Generator) -> Tensor:
    """The magnitude (rows, columns) of a clean image, about 0 … 1, with complex noise."""
    low, high = LEVELS
    sigma = low * (high / low) ** torch.rand((), generator=random)
    real, imaginary = _complex_noise(clean.shape, random) * sigma * _uneven(clean.shape, random)
    return torch.hypot(clean + real, imaginary)


def to_hu(values: Tensor) -> Tensor:
    """MR values 0 … 1 in the network's range."""
    return values * MR_SPAN_HU - 1000


def recoloured(hu: Tensor, random: torch.Generator) -> Tensor:
    """A CT crop (rows, columns) as some sequence might show it: values 0 … 1, air dark."""
    ends = torch.tensor([-1000.0, -150.0, -60.0, 20.0, 80.0, 300.0])
    greys = torch.rand(KNOTS, generator=random)
    greys[0] = 0.03 * greys[0]
    place = torch.bucketize(hu.contiguous(), ends[1:-1])
    low, high = ends[place], ends[place + 1]
    part = ((hu - low) / (high - low)).clamp(0, 1)
    return greys[place] * (1 - part) + greys[place + 1] * part


def _complex_noise(shape: torch.Size, random: torch.Generator) -> Tensor:
    """Real and imaginary noise (2, rows, columns) of unit strength, k-space partly filled."""
    spectrum = torch.fft.fft2(torch.randn((2, *shape), generator=random))
    for axis, size in ((1, shape[0]), (2, shape[1])):
        low, high = MEASURED_SHARE
        share = low + (high - low) * float(torch.rand((), generator=random))
        fall = ((share - 2 * torch.fft.fftfreq(size).abs()) * 12 + 0.5).clamp(0, 1)
        spectrum = spectrum * (fall[:, None] if axis == 1 else fall)
    if float(torch.rand((), generator=random)) < FILTERED_SHARE:
        spectrum = spectrum * _filter(shape, random)
    if float(torch.rand((), generator=random)) < SLOW_SHARE:
        spectrum = spectrum * _slower(shape, random)
    noise = torch.fft.ifft2(spectrum).real
    return noise / noise.std()


def _filter(shape: torch.Size, random: torch.Generator) -> Tensor:
    """Amplitude (rows, columns) that falls with frequency."""
    place, power = torch.rand(2, generator=random).tolist()
    at = FALL_NYQUIST[0] * (FALL_NYQUIST[1] / FALL_NYQUIST[0]) ** place
    steepness = FALL_POWER[0] + (FALL_POWER[1] - FALL_POWER[0]) * power
    return torch.exp(-0.693 * (_nyquist(shape) / at) ** steepness)


def _slower(shape: torch.Size, random: torch.Generator) -> Tensor:
    """Amplitude (rows, columns) that rises towards frequency zero, as pulsation and motion do."""
    place, much = torch.rand(2, generator=random).tolist()
    at = SLOW_NYQUIST[0] * (SLOW_NYQUIST[1] / SLOW_NYQUIST[0]) ** place
    return torch.sqrt(1 + MOST_SLOW * much * torch.exp(-((_nyquist(shape) / at) ** 2)))


def _nyquist(shape: torch.Size) -> Tensor:
    """Frequency (rows, columns) over the Nyquist frequency."""
    row, column = (torch.fft.fftfreq(size) * 2 for size in shape)
    return torch.hypot(row[:, None], column[None])


def _uneven(shape: torch.Size, random: torch.Generator) -> Tensor:
    coarse = torch.randn((1, 1, 3, 3), generator=random) * UNEVEN
    return torch.exp(F.interpolate(coarse, size=shape, mode="bilinear", align_corners=True)[0, 0])
