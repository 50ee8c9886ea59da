"""Volumes of one b-value differ in the direction of their gradient alone."""

from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from jrviewer import dicom
from jrviewer.core.records import Series
from tests.support.dicom_factory import write_enhanced_ct, write_mr

DIRECTIONS = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])


def values(series: Series) -> list[float]:
    return [float(one.pixels[0, 0]) for one in series]


def write_weighted(path: Path, number: int, z: float, *, direction: int) -> None:
    """A slice whose values are its direction, 0 for none."""
    extra: dict[str, object] = {}
    if direction:
        extra["DiffusionBValue"] = 1000.0
        extra["DiffusionGradientOrientation"] = DIRECTIONS[direction - 1]
    pixels = np.full((8, 8), direction)
    write_mr(path, pixels, position=(0, 0, z), instance=number, extra=extra)


def test_directions_of_one_b_value_are_told_apart_by_their_gradients(tmp_path: Path) -> None:
    for place in range(5):
        order = (0, 1, 3, 2) if place % 2 else (0, 1, 2, 3)  # numbered in any order
        for number, direction in enumerate(order, 4 * place):
            path = tmp_path / f"{number}.dcm"
            write_weighted(path, number, 4.0 * place, direction=direction)

    found = dicom.read([tmp_path]).series

    assert sorted(values(one) for one in found) == [[n] * 5 for n in range(4)]
    assert [one.title.rsplit(" · ", 1)[1] for one in found] == [f"{n} of 4" for n in (1, 2, 3, 4)]
    assert not any("dealt out" in warning for one in found for warning in one.warnings)


def test_frames_of_one_b_value_are_told_apart_by_their_gradients(tmp_path: Path) -> None:
    stored = np.arange(6, dtype=np.uint16)[:, None, None] + np.zeros((6, 64, 64), np.uint16)
    path = write_enhanced_ct(tmp_path / "frames.dcm", 6, stored=stored)
    ds = dcmread(path)
    for frame, groups in enumerate(ds.PerFrameFunctionalGroupsSequence):
        direction, diffusion = Dataset(), Dataset()
        direction.DiffusionGradientOrientation = DIRECTIONS[frame % 2]
        diffusion.DiffusionBValue = 1000.0
        diffusion.DiffusionGradientDirectionSequence = [direction]
        groups.MRDiffusionSequence = [diffusion]
        groups.PlanePositionSequence[0].ImagePositionPatient = [0, 0, 5.0 * (frame // 2)]
    ds.save_as(path)

    found = sorted(values(one) for one in dicom.read([path]).series)

    assert found == [[-1024, -1022, -1020], [-1023, -1021, -1019]]
