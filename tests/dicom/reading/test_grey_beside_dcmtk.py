"""Windowed grey beside a second implementation, DCMTK's dcm2pnm, within one grey level."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset

from jrviewer import dicom
from jrviewer.core.records import UInt8Array
from jrviewer.imaging.windowing import to_grey
from tests.support.dicom_factory import write_ct
from tests.support.record_factory import body_image

pytestmark = pytest.mark.skipif(shutil.which("dcm2pnm") is None, reason="needs DCMTK's dcm2pnm")

Extra = dict[str, object]


def ramp() -> UInt8Array:
    """Every value from -1024 to 3071 HU, and a body."""
    return np.concatenate([np.arange(-1024, 3072).reshape(64, 64), body_image(64, 64)])


def dcmtk_grey(path: Path, *options: str) -> UInt8Array:
    """What DCMTK shows, without its presentation table."""
    picture = path.with_suffix(".pgm")
    command = ["dcm2pnm", "-q", "--write-raw-pnm", *options, str(path), str(picture)]
    subprocess.run(command, capture_output=True, check=True)
    with Image.open(picture) as opened:
        return np.asarray(opened, dtype=np.uint8)


def largest_difference(ours: UInt8Array, theirs: UInt8Array) -> int:
    assert ours.shape == theirs.shape
    assert np.ptp(ours) > 150
    return int(np.abs(ours.astype(int) - theirs.astype(int)).max())


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("window", [(40, 400), (-600, 1500), (40.5, 80.5), (1000, 4096), (40, 2)])
@pytest.mark.parametrize("function", ["LINEAR", "SIGMOID"])
def test_a_window_gives_dcmtks_grey(
    tmp_path: Path, photometric: str, window: tuple[float, float], function: str
) -> None:
    extra: Extra = {"VOILUTFunction": function}
    path = write_ct(tmp_path / "a.dcm", ramp(), photometric=photometric, window=window, extra=extra)
    image = dicom.read([path]).series[0][0]

    ours = to_grey(image, image.pixels, image.windows[0])

    theirs = dcmtk_grey(path, "+Wi", "1", "+Wfs" if function == "SIGMOID" else "+Wfl")
    assert largest_difference(ours, theirs) <= 1


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("window", [(40, 400), (-600.25, 1500.5)])
def test_the_exact_function_gives_dcmtks_grey(
    tmp_path: Path, photometric: str, window: tuple[float, float]
) -> None:
    path = write_ct(
        tmp_path / "a.dcm",
        ramp(),
        photometric=photometric,
        window=window,
        extra={"VOILUTFunction": "LINEAR_EXACT"},
    )
    image = dicom.read([path]).series[0][0]

    ours = to_grey(image, image.pixels, image.windows[0])

    # DCMTK knows LINEAR alone: centre + 0.5 and width + 1 make it the exact function there
    # (PS3.3 C.11.2.1.3.2 beside C.11.2.1.2.1).
    centre, width = window[0] + 0.5, window[1] + 1
    theirs = dcmtk_grey(path, "+Wfl", "+Ww", str(centre), str(width))
    assert image.windows[0].function == "LINEAR_EXACT"
    assert largest_difference(ours, theirs) <= 1


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("bits", "count"), [(8, 256), (12, 1024), (16, 2000)])
def test_a_voi_table_gives_dcmtks_grey(
    tmp_path: Path, photometric: str, bits: int, count: int
) -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS", [count, -500, bits])
    curve = np.sqrt(np.linspace(0, 1, count)) * (2**bits - 1)
    item.add_new("LUTData", "OW", curve.astype("<u2").tobytes())
    path = write_ct(
        tmp_path / "a.dcm",
        ramp(),
        photometric=photometric,
        window=None,
        extra={"VOILUTSequence": [item]},
    )
    image = dicom.read([path]).series[0][0]

    ours = to_grey(image, image.pixels, image.voi_luts[0])

    assert largest_difference(ours, dcmtk_grey(path, "+Wl", "1")) <= 1
