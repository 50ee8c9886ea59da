"""Passes and reconstructions that a scanner or an archive has put into one series."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from jrviewer import dicom
from jrviewer.core.records import Series
from tests.support.dicom_factory import write_ct, write_enhanced_ct

Kinds = Mapping[str, object]


def write(folder: Path, passes: Sequence[tuple[list[float], Kinds]]) -> None:
    """Passes of (heights, attributes), whose slices are numbered at random. A slice's value is the
    number of its pass.
    """
    slices = [(z, kinds, number) for number, (heights, kinds) in enumerate(passes) for z in heights]
    order = np.random.default_rng(0).permutation(len(slices))
    for number, place in enumerate(order.tolist(), start=1):
        z, kinds, value = slices[place]
        write_ct(
            folder / f"{number:03d}.dcm",
            np.full((8, 8), float(value)),
            position=(0, 0, z),
            instance=number,
            extra=kinds,
        )


def passes_in(series: tuple[Series, ...]) -> list[tuple[int, set[float]]]:
    """The length of every series, and the passes in it."""
    return [(len(one), {float(slice_.pixels[0, 0]) for slice_ in one}) for one in series]


FIVE = [float(z) for z in range(0, 40, 5)]
ONE = [float(z) for z in range(40)]


@pytest.mark.parametrize(
    ("tag", "values"),
    [
        ("EchoNumbers", (1, 2)),
        ("InversionTime", (150, 2400)),
        ("FlipAngle", (5, 20)),
        ("KVP", (80, 140)),
    ],
)
def test_passes_over_the_same_places_are_never_mixed_whatever_their_numbers(
    tmp_path: Path, tag: str, values: tuple[int, int]
) -> None:
    write(tmp_path, [(FIVE, {tag: value}) for value in values])

    series = dicom.read([tmp_path]).series

    assert sorted(passes_in(series)) == [(8, {0.0}), (8, {1.0})]
    assert all("One of 2 volumes of the same place" in one.warnings[0] for one in series)


@pytest.mark.parametrize("shift", [0.0, 0.5])
@pytest.mark.parametrize("tag", ["SliceThickness", "ConvolutionKernel"])
def test_thin_and_thick_reconstructions_in_one_series_are_apart_and_it_is_said(
    tmp_path: Path, tag: str, shift: float
) -> None:
    sharp, smooth = ({tag: value} for value in ((1, 5) if "Slice" in tag else ("B70f", "B30f")))
    write(tmp_path, [(ONE, sharp), ([z + shift for z in FIVE], smooth)])

    series = dicom.read([tmp_path]).series

    assert sorted(passes_in(series)) == [(8, {1.0}), (40, {0.0})]
    assert all("One of 2 volumes" in one.warnings[0] for one in series)


def test_kernels_that_alternate_from_place_to_place_are_apart(tmp_path: Path) -> None:
    write(
        tmp_path,
        [(FIVE, {"ConvolutionKernel": "B30f"}), ([z + 2.5 for z in FIVE], {"KVP": None})],
    )

    assert sorted(passes_in(dicom.read([tmp_path]).series)) == [(8, {0.0}), (8, {1.0})]


def test_slices_that_become_thicker_along_the_body_stay_one_series(tmp_path: Path) -> None:
    base, above = FIVE, [40.0 + 10 * step for step in range(5)]
    write(tmp_path, [(base, {"SliceThickness": 5}), (above, {"SliceThickness": 10})])

    assert [len(one) for one in dicom.read([tmp_path]).series] == [13]


def test_a_thickness_that_differs_here_and_there_splits_nothing(tmp_path: Path) -> None:
    write(
        tmp_path,
        [([0, 5, 15, 20, 25, 40], {"SliceThickness": 5}), ([10, 30, 35], {"SliceThickness": 4.9})],
    )

    assert [len(one) for one in dicom.read([tmp_path]).series] == [9]


@pytest.mark.parametrize(
    "name",
    [
        "MÜLLER^JÖRG",
        "Müller ^ Jörg^^^",
        unicodedata.normalize("NFD", "Müller^Jörg"),
        "Müller^Jörg=ミュラー^ヨルグ=みゅらー^よるぐ",
    ],
)
def test_one_patient_whose_name_is_written_in_two_ways_is_one(tmp_path: Path, name: str) -> None:
    for number, written in enumerate(["Müller^Jörg", name], start=1):
        write_ct(
            tmp_path / f"{number}.dcm",
            position=(0, 0, 5.0 * number),
            instance=number,
            extra={"PatientName": written},
        )

    assert [len(one) for one in dicom.read([tmp_path]).series] == [2]


def test_patients_of_whom_only_the_ideographic_name_is_known_are_apart(tmp_path: Path) -> None:
    for number, written in enumerate(["=山田^太郎", "=山田^花子"], start=1):
        write_ct(
            tmp_path / f"{number}.dcm",
            position=(0, 0, 5.0 * number),
            instance=number,
            extra={"PatientName": written},
        )

    assert [len(one) for one in dicom.read([tmp_path]).series] == [1, 1]


def test_frames_that_lack_a_position_are_apart_from_the_others_of_their_file_and_it_is_said(
    tmp_path: Path,
) -> None:
    path = write_enhanced_ct(tmp_path / "a.dcm", 6)
    ds = dcmread(path)
    del ds.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence
    ds.save_as(path)

    series = dicom.read([path]).series

    assert sorted(len(one) for one in series) == [1, 5]
    assert all("Some frames of this file do not say" in one.warnings[0] for one in series)


def test_stacks_of_one_object_are_series_of_their_own(tmp_path: Path) -> None:
    path = write_enhanced_ct(tmp_path / "a.dcm", 6)
    ds = dcmread(path)
    for number, groups in enumerate(ds.PerFrameFunctionalGroupsSequence):
        groups.FrameContentSequence[0].StackID = str(1 + number % 2)
        groups.PlanePositionSequence[0].ImagePositionPatient = [0, 0, 5.0 * (number // 2)]
    ds.save_as(path)

    series = dicom.read([path]).series

    assert [[one.source.frame for one in each] for each in series] == [[0, 2, 4], [1, 3, 5]]
    assert all("One of 2 volumes" in one.warnings[0] for one in series)
