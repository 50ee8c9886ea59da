"""Which points of a cloud lie at a place of the patient."""

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Cloud, Structure

MOST = 8
REACH_MM = 15.0


def nearest_points(
    cloud: Cloud | None, structures: frozenset[Structure], place_mm: FloatArray
) -> npt.NDArray[np.intp]:
    """Indices of the nearest points of the shown structures within reach, nearest first; none where
    the cloud has no millimetres.
    """
    if cloud is None or cloud.unit != "mm":
        return np.zeros(0, dtype=np.intp)
    distances = np.linalg.norm(cloud.points - place_mm, axis=1)
    shown = np.isin(cloud.labels, [int(one) for one in structures])
    close = np.flatnonzero(shown & (distances <= REACH_MM))
    order: npt.NDArray[np.intp] = close[np.argsort(distances[close])][:MOST]
    return order
