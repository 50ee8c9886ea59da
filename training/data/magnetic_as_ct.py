"""MR that is given as CT: the ways in which converters and careless exports scale its values, which
have no unit, to what reads like Hounsfield units.

Arrays alone. Half of the ways teach the input check, the others measure it.
"""

from collections.abc import Callable, Mapping

import numpy as np

from jrviewer.core.geometry import FloatArray

AIR_HU, WATER_HU = -1000.0, 40.0
Scaling = Callable[[FloatArray], FloatArray]


def _between(low: float, high: float, darkest: float, brightest: float) -> Scaling:
    """From the `low`th to the `high`th percentile to a range of HU, beyond which all is cut off."""

    def scale(values: FloatArray) -> FloatArray:
        least, most = np.percentile(values, (low, high))
        share = np.clip((values - least) / max(most - least, 1e-6), 0, 1)
        return np.asarray(darkest + share * (brightest - darkest), dtype=np.float32)

    return scale


def _from_air(values: FloatArray, brightest: float, hu: float) -> FloatArray:
    """Zero becomes air, and a value some HU."""
    slope = (hu - AIR_HU) / max(brightest, 1e-6)
    return np.asarray(values * slope + AIR_HU, dtype=np.float32)


def _tissue_as_water(values: FloatArray) -> FloatArray:
    """The median of what is no background becomes that of soft tissue."""
    bright = values[values > np.percentile(values, 60)]
    return _from_air(values, float(np.median(bright)) if len(bright) else 1.0, WATER_HU)


LEARNT: Mapping[str, Scaling] = {
    "mr scaled as ct": lambda values: _from_air(values, float(np.percentile(values, 99.5)), 500),
    "mr −1000 to 1000": _between(0, 100, -1000, 1000),
    "mr −1000 to 400, 98 %": _between(1, 99, -1000, 400),
    "mr −1000 to 100, 96 %": _between(2, 98, -1000, 100),
}
MEASURED: Mapping[str, Scaling] = {
    "mr as ct": lambda values: values.astype(np.float32),
    "mr less 1024": lambda values: values.astype(np.float32) - 1024,
    "mr −1024 to 3071": _between(0, 100, -1024, 3071),
    "mr −1000 to 1000, 98 %": _between(1, 99, -1000, 1000),
    "mr −160 to 240, 98 %": _between(1, 99, -160, 240),
    "mr with its tissue as water": _tissue_as_water,
}
SCALINGS: Mapping[str, Scaling] = {**LEARNT, **MEASURED}
