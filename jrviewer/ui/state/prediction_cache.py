"""What the model made of the slices that are open, as far as it is kept."""

from jrviewer.core.records import Prediction, Slice

KEPT_PIXELS = 400 * 512**2  # a result of 512² takes about 1 MB


class PredictionCache(dict[Slice, Prediction]):
    """A slice's result, the oldest first."""

    def keep(self, prediction: Prediction, in_view: Slice | None) -> None:
        """Keep a result, and let the oldest go where they are too much: never the one in view."""
        self[prediction.slice] = prediction
        pixels = sum(one.shape[0] * one.shape[1] for one in self)
        for oldest in [one for one in self if one not in (prediction.slice, in_view)]:
            if pixels <= KEPT_PIXELS:
                break
            pixels -= oldest.shape[0] * oldest.shape[1]
            del self[oldest]
