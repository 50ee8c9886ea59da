"""The hash that identifies pixels in inspections, sources and reports."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt


def stored_hash(values: npt.NDArray[Any]) -> str:
    """sha256 of stored values, little-endian, in C order."""
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little).tobytes()).hexdigest()
