"""The intended frame rate of a clip (PS3.3 C.7.6.5, C.7.6.6)."""

from pydicom.dataset import Dataset

from jrviewer.dicom.common.attributes import number, numbers

SLOWEST, FASTEST = 0.1, 120.0  # frames a second; beyond them a value is a mistake
_RATES = ("RecommendedDisplayFrameRate", "CineRate")  # frames a second, the more explicit first


def frames_per_second(ds: Dataset) -> float | None:
    """The rate from the first attribute with a plausible value; None if there is none."""
    times_ms = (number(ds, "FrameTime"), _mean_ms(numbers(ds, "FrameTimeVector")))
    rates = [number(ds, keyword) for keyword in _RATES]
    rates += [1000 / time for time in times_ms if time]
    return next((one for one in rates if one and SLOWEST <= one <= FASTEST), None)


def _mean_ms(increments: tuple[float, ...]) -> float | None:
    """The mean time between frames; the first value precedes the first frame and does not count."""
    between = increments[1:]
    return sum(between) / len(between) if between and min(between) > 0 else None
