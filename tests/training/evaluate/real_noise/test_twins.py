from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import silent
from tests.support.dicom_factory import write_ct, write_series
from tests.support.record_factory import body_image
from training.__main__ import main
from training.evaluate.real_noise.pairs import read_pairs
from training.evaluate.real_noise.twins import write_pairs

FULL = body_image(64, 64)


def write_scan(folder: Path, places: Iterable[int], brighter: float) -> None:
    """Slices whose values tell where they lie."""
    folder.mkdir()
    for number, z in enumerate(places):
        place = (0.0, 0.0, float(z))
        write_ct(folder / f"{number}.dcm", FULL + z + brighter, position=place, instance=number)


def test_slices_are_matched_by_their_place_in_the_patient(tmp_path: Path) -> None:
    write_scan(tmp_path / "noisy", (15, 5, 0, 20), brighter=10)
    write_scan(tmp_path / "full", (0, 5, 10, 20), brighter=0)
    folders = [str(tmp_path / name) for name in ("noisy", "full", "out")]

    status = main(["pairs", *folders[:2], "--out", folders[2]])

    pairs = list(read_pairs(tmp_path / "out"))
    assert status == 0
    assert len(pairs) == 3
    for pair in pairs:
        np.testing.assert_array_equal(pair.noisy - pair.full, 10)


def test_names_of_pairs_are_numbers(tmp_path: Path) -> None:
    write_series(tmp_path / "Doe_Jane_quarter", 2, pixels=FULL)
    write_series(tmp_path / "Doe_Jane_full", 2, pixels=FULL)
    write_pairs(tmp_path / "Doe_Jane_quarter", tmp_path / "Doe_Jane_full", tmp_path / "out", silent)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["0001.dcm", "0001.full.npy", "0002.dcm", "0002.full.npy"]


def test_pairs_are_never_put_beside_others(tmp_path: Path) -> None:
    write_series(tmp_path / "noisy", 2, pixels=FULL)
    folders = tmp_path / "noisy", tmp_path / "noisy", tmp_path / "out"
    write_pairs(*folders, silent)
    with pytest.raises(JRViewerError, match="already"):
        write_pairs(*folders, silent)


@pytest.mark.parametrize("other", ["place", "kernel", "pixels"])
def test_what_is_no_twin_makes_no_pair(tmp_path: Path, other: str) -> None:
    write_series(tmp_path / "noisy", 2, pixels=FULL)
    if other == "place":
        write_series(tmp_path / "full", 2, pixels=FULL, start=(0, 0, 2))
    elif other == "kernel":
        write_series(tmp_path / "full", 2, pixels=FULL, extra={"ConvolutionKernel": "D45f"})
    else:
        write_series(tmp_path / "full", 2, pixels=body_image(64, 60))
    with pytest.raises(JRViewerError, match="not two doses of one scan"):
        write_pairs(tmp_path / "noisy", tmp_path / "full", tmp_path / "out", silent)
