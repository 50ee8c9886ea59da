from pathlib import Path

import numpy as np

from jrviewer import dicom, truth
from jrviewer.resources import resource
from training import sample


def test_the_bundled_truth_is_what_the_command_makes_of_the_bundled_slice(tmp_path: Path) -> None:
    path = tmp_path / "phantom.npz"
    sample.write_truth(path, dicom.read([resource("sample/phantom.dcm")]).series[0][0])

    with np.load(path) as made, np.load(resource(truth.FILE)) as bundled:
        assert set(made) == set(bundled)
        for name in made:
            assert np.array_equal(made[name], bundled[name])
