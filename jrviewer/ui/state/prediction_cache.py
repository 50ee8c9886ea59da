"""Bounded cache of predictions."""

from jrviewer.core.records import Prediction, Slice

KEPT_PIXELS = 400 * 512**2  # a result of 512² takes about 1 MB


class PredictionCache(dict[Slice, Prediction]):
    """Predictions by slice, oldest first."""

    def keep(self, prediction: Prediction, in_view: Slice | None) -> None:
        """Add a prediction and evict the oldest ones, but never that of the shown slice."""
        self[prediction.slice] = prediction
        pixels = sum(one.shape[0] * one.shape[1] for one in self)
        for oldest in [one for one in self if one not in (prediction.slice, in_view)]:
            if pixels <= KEPT_PIXELS:
                break
            pixels -= oldest.shape[0] * oldest.shape[1]
            del self[oldest]
