"""A prediction of a slice with real noise of its own, measured as `predict` measures it."""

from dataclasses import replace

import numpy as np

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from jrviewer.imaging.noise_level import measure
from tests.support.record_factory import make_prediction, make_slice


def make_noisy(slice_: Slice | None = None, sd: float = 20.0, removed: float = 0.9) -> Prediction:
    """Soft tissue with noise, of which the network removes a share, at full strength.

    A given slice lends everything but its pixels, which must be large enough for calm tissue.
    """
    slice_ = slice_ or make_slice(np.zeros((160, 160)))
    clean = np.full(slice_.shape, -1000, dtype=np.float32)
    clean[20:-20, 20:-20] = 50
    noise = np.random.default_rng(0).normal(0, 1, clean.shape).astype(np.float32) * np.float32(sd)
    image = replace(slice_, pixels=clean + noise)
    fully = clean + np.float32(1 - removed) * noise
    found = measure(image.pixels, fully, image.unit)
    return replace(make_prediction(image), fully_denoised=fully, noise=found)
