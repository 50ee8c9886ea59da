"""Bounded cache of predictions."""

import numpy as np

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from jrviewer.core.strength import Noise, Strength

KEPT_PIXELS = 400 * 512**2  # a result of 512² takes about 1 MB, half as much again once shown


class PredictionCache(dict[Slice, Prediction]):
    """Predictions by slice, oldest first."""

    def keep(self, prediction: Prediction, in_view: Slice | None) -> None:
        """Add a prediction and evict the oldest ones, but never that of the shown slice."""
        if not prediction.is_noise_known and prediction.nearest_noise is None:
            prediction = prediction.beside(self._noise_near(prediction.slice))
        self[prediction.slice] = prediction
        pixels = sum(one.shape[0] * one.shape[1] for one in self)
        for oldest in [one for one in self if one not in (prediction.slice, in_view)]:
            if pixels <= KEPT_PIXELS:
                break
            pixels -= oldest.shape[0] * oldest.shape[1]
            del self[oldest]

    def at(self, strength: Strength, chosen: Slice | None) -> Prediction | None:
        """The prediction of a slice at a strength, if it is known; the same one until another
        strength is asked for. No slice is held at two strengths.
        """
        if chosen is None or (known := self.get(chosen)) is None:
            return None
        if known.strength != strength:
            self[chosen] = known = known.at(strength)
        return known

    def _noise_near(self, chosen: Slice) -> Noise | None:
        """The noise of the nearest slice that says something of it, so that a slice that does not
        loses as much as its neighbours.
        """

        def distance_mm(one: Prediction) -> float:
            return float(np.linalg.norm(one.slice.plane.origin_mm - chosen.plane.origin_mm))

        known = [one for one in self.values() if one.is_noise_known]
        return min(known, key=distance_mm).noise if known else None
