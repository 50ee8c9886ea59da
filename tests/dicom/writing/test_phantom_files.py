import shutil
from pathlib import Path

import numpy as np
import pytest

from jrviewer import dicom
from tests.dicom.opened import slice_of
from tests.dicom.tools.conformance import complaints
from tests.support.record_factory import make_plane, make_slice


def test_the_phantom_opens_with_its_values(tmp_path: Path) -> None:
    image = make_slice()
    dicom.write_phantom(image, tmp_path / "phantom.dcm")

    after = slice_of(tmp_path / "phantom.dcm")

    assert np.array_equal(after.pixels, np.round(image.pixels))
    assert after.plane.spacing_mm == (3.0, 3.0)
    assert after.acquisition.patient_text[0] == "Phantom"
    assert after.unit == "HU"


def test_the_same_phantom_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        dicom.write_phantom(make_slice(), tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of dicom3tools")
def test_dciodvfy_finds_no_error_in_the_phantom(tmp_path: Path) -> None:
    dicom.write_phantom(make_slice(), tmp_path / "phantom.dcm")

    assert complaints(tmp_path / "phantom.dcm") == set()


def test_phantoms_of_one_series_open_as_one(tmp_path: Path) -> None:
    for number in (2, 1, 3):
        plane = make_plane((0.0, 0.0, 5.0 * number), spacing_mm=(3.0, 3.0))
        dicom.write_phantom(make_slice(plane=plane), tmp_path / str(number), "series", number)
    dicom.write_phantom(make_slice(), tmp_path / "another")

    opened = dicom.read([tmp_path])

    assert sorted(len(one) for one in opened.series) == [1, 3]
    three = next(one for one in opened.series if len(one) == 3)
    assert [one.acquisition.instance_number for one in three] == [1, 2, 3]
