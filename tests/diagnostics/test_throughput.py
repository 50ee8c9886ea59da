import sys

import numpy as np
import pytest

from jrviewer import dicom
from jrviewer.core.resources import resource
from jrviewer.diagnostics import throughput


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_the_memory_of_a_series_is_not_that_of_the_process_that_measures_it() -> None:
    sample = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    ballast = np.ones(1 << 28, dtype=np.float64)  # 2 GB

    told = throughput.measure(sample, 2)

    assert 1e-6 * ballast.nbytes < (throughput.peak_memory_mb() or 0)
    assert 100 < told["peak_mb"] < 1e-6 * ballast.nbytes / 2
    assert told["slices_per_s"] > 0
