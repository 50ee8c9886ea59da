from pathlib import Path

import numpy as np

from jrviewer import dicom
from jrviewer.core.resources import resource
from jrviewer.diagnostics import phantom_truth
from training.release import phantom_sample


def test_the_bundled_truth_is_what_the_command_makes_of_the_bundled_slice(tmp_path: Path) -> None:
    """But for what another processor rounds otherwise: a HU here and there, and so a point."""
    path = tmp_path / "phantom.npz"
    phantom_sample.write_truth(path, dicom.read([resource("sample/phantom.dcm")]).series[0][0])

    with np.load(path) as made, np.load(resource(phantom_truth.FILE)) as bundled:
        assert set(made) == set(bundled) == {"pixels_sha256", "pixels", "points"}
        assert made["pixels_sha256"] == bundled["pixels_sha256"]
        assert np.abs(made["pixels"].astype(int) - bundled["pixels"]).max() <= 1
        for name in ("pixels", "points"):
            assert made[name].shape == bundled[name].shape
            assert np.mean(made[name] != bundled[name]) < 0.002
