"""Patients are never mixed, series never shattered, and no slice is lost without a word."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jrviewer import dicom
from jrviewer.core.records import Series
from tests.support.dicom_factory import write_ct, write_mr

NO_UIDS: dict[str, Any] = dict.fromkeys(
    ("SeriesInstanceUID", "StudyInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
)


class Folder:
    """A folder of CT slices that differ in content unless a test says otherwise."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0

    def add(
        self, z: float, *, value: float | None = None, folder: str = "", **extra: object
    ) -> None:
        """One more slice at a height, of one value; `extra` sets attributes."""
        self.count += 1
        pixels = np.full((8, 8), self.count if value is None else value)
        tags = {"InstanceNumber": self.count} | extra
        uid = f"1.2.826.0.1.3680043.8.498.5.{self.count}"
        path = self.path / folder / f"{self.count:03d}.dcm"
        write_ct(path, pixels, position=(0, 0, z), sop_uid=uid, extra=tags)

    def series(self) -> tuple[Series, ...]:
        opened = dicom.read([self.path])
        assert opened.refused == ()
        assert sum(len(one) for one in opened.series) <= self.count
        return opened.series

    def lengths(self) -> list[int]:
        return sorted(len(one) for one in self.series())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def warnings_of(series: tuple[Series, ...]) -> str:
    """All warnings, if every series has one."""
    assert all(one.warnings for one in series)
    return " ".join(warning for one in series for warning in one.warnings)


def heights(series: Series) -> list[float]:
    return [one.plane.origin_mm[2] for one in series]


def values(series: Series) -> list[float]:
    return [float(one.pixels[0, 0]) for one in series]


def test_a_slice_sent_again_leaves_the_series_whole(folder: Folder) -> None:
    for index in range(12):
        folder.add(5 * index, InstanceNumber=index + 1)
    folder.add(25, InstanceNumber=6)

    assert folder.lengths() == [1, 12]
    assert "same place" in warnings_of(folder.series())


def test_passes_whose_times_differ_in_every_slice_are_volumes(folder: Folder) -> None:
    for number in range(12):
        folder.add(5 * (number % 4), ContentTime=f"1200{number:02d}")

    assert [values(one) for one in folder.series()] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
    assert "dealt out to 3 series" in warnings_of(folder.series())


def test_several_volumes_of_one_b_value_are_dealt_out(folder: Folder) -> None:
    for z in range(5):
        for b_value in (0.0, 1000.0, 1000.0, 1000.0):
            folder.add(4 * z, DiffusionBValue=b_value)

    assert folder.lengths() == [5, 5, 5, 5]
    assert values(folder.series()[0]) == [1, 5, 9, 13, 17]


def test_a_phase_that_lacks_a_place_is_still_a_volume_of_its_own(folder: Folder) -> None:
    for phase in (1, 2, 3):
        for z in range(6):
            if (phase, z) != (2, 3):
                folder.add(z, AcquisitionNumber=phase, value=phase)

    assert [set(values(one)) for one in folder.series()] == [{1}, {2}, {3}]


def test_phases_of_one_place_are_one_series_in_the_order_of_time(folder: Folder) -> None:
    for time in (300, 100, 200):
        folder.add(time / 1e5, value=time, TriggerTime=time, InstanceNumber=None)

    (series,) = folder.series()

    assert values(series) == [100, 200, 300]
    assert "one place" in warnings_of((series,))


def test_phases_micrometres_apart_do_not_alternate(folder: Folder) -> None:
    for phase in (1, 2):
        for z in range(6):
            folder.add(4.05 * z + 0.004 * phase, AcquisitionNumber=phase, value=phase)

    assert [values(one) for one in folder.series()] == [[1] * 6, [2] * 6]


def test_very_thin_slices_are_places_of_their_own(folder: Folder) -> None:
    for index in range(10):
        folder.add(0.03 * index, PixelSpacing=[0.03, 0.03])

    assert folder.lengths() == [10]


def test_patients_without_uids_are_apart(folder: Folder) -> None:
    for patient in ("A", "B"):
        for z in range(3):
            folder.add(z, **NO_UIDS, PatientID=patient, PatientName=patient)

    assert folder.lengths() == [3, 3]
    assert "do not say which series" in warnings_of(folder.series())


def test_folders_are_apart_where_neither_patient_nor_uids_are_named(folder: Folder) -> None:
    nobody: dict[str, Any] = {**NO_UIDS, "PatientID": "", "PatientName": "", "PatientBirthDate": ""}
    for name in ("a", "b"):
        for z in range(3):
            folder.add(z, folder=name, **nobody)

    assert folder.lengths() == [3, 3]


def test_patients_who_share_a_series_identifier_are_apart(folder: Folder) -> None:
    for z in range(6):
        folder.add(z, PatientID="AB"[z % 2])

    assert folder.lengths() == [3, 3]
    assert "different patients" in warnings_of(folder.series())


def test_the_spelling_of_a_name_does_not_split_a_patient(folder: Folder) -> None:
    for z, name in enumerate(("Doe^Jane", "DOE^JANE^^", "Doe^Jane ")):
        folder.add(z, PatientName=name)

    assert folder.lengths() == [3]


def test_slices_that_each_name_a_series_of_their_own_are_one(folder: Folder) -> None:
    for z in range(5):
        folder.add(z, SeriesInstanceUID=f"1.2.3.{z}", StudyInstanceUID=f"1.2.4.{z}")

    assert folder.lengths() == [5]
    assert "a series of its own" in warnings_of(folder.series())


def test_one_odd_series_number_does_not_split_a_series_and_is_said(folder: Folder) -> None:
    for z in range(6):
        folder.add(z, SeriesNumber=None if z == 2 else 4)

    assert folder.lengths() == [6]
    assert "more than one series number" in warnings_of(folder.series())


def test_two_series_that_share_their_identifier_are_apart(folder: Folder) -> None:
    for z in range(6):
        folder.add(z, SeriesNumber=4 + z % 2)

    assert folder.lengths() == [3, 3]
    assert "each is shown apart" in warnings_of(folder.series())


def test_equal_slices_in_different_places_are_no_copies(folder: Folder) -> None:
    for z in range(4):
        folder.add(z, value=-1000, SOPInstanceUID="1.2.3.4")

    assert folder.lengths() == [4]


def test_equal_slices_of_different_directions_in_one_place_are_no_copies(folder: Folder) -> None:
    for z in range(3):
        for _ in range(2):
            folder.add(z, value=-1000, DiffusionBValue=1000.0)

    assert folder.lengths() == [3, 3]


def test_a_slice_sent_again_unchanged_under_a_new_uid_is_a_copy(folder: Folder) -> None:
    for z in (0, 1, 2, 1):
        folder.add(z, value=z, InstanceNumber=z + 1)

    assert folder.lengths() == [3]
    said = "1 duplicate slice was left out: number 2 had come more than once."
    assert said in warnings_of(folder.series())


def test_a_handful_of_copies_are_named_and_more_are_counted(folder: Folder) -> None:
    for z in (*range(8), *range(7)):
        folder.add(z, value=z, InstanceNumber=z + 1)

    said = "7 duplicate slices were left out: numbers 1, 2, 3, 4, 5, … had come more than once."
    assert said in warnings_of(folder.series())


def test_slices_of_many_directions_stay_together_and_in_order(tmp_path: Path) -> None:
    for index in range(12):
        angle = np.radians(15 * index)
        row = (np.cos(angle), np.sin(angle), 0.0)
        pixels = np.full((8, 8), index)
        path, number = tmp_path / f"{11 - index:02d}.dcm", index + 1
        write_ct(path, pixels, orientation=(*row, 0, 0, -1), instance=number)

    (series,) = dicom.read([tmp_path]).series

    assert values(series) == list(range(12))
    assert "many directions" in warnings_of((series,))


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"PixelSpacing": [1.1, 1.1]}, "pixel spacing"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, "direction"),
        ({"RescaleType": "US"}, "unit"),
    ],
)
def test_a_split_is_said_with_its_reason(folder: Folder, extra: dict[str, Any], said: str) -> None:
    for z in range(6):
        folder.add(z, **(extra if z % 2 else {}))

    assert folder.lengths() == [3, 3]
    assert f"differ in {said}; they are shown as 2 series" in warnings_of(folder.series())


def test_a_trace_of_another_spacing_splits_nothing_and_is_said(folder: Folder) -> None:
    for z in range(6):
        spacing = 2.8 * (1.0006 if z % 2 else 0.9994)
        folder.add(z, PixelSpacing=[spacing, spacing])

    assert folder.lengths() == [6]
    assert "differs by up to 0.12%" in warnings_of(folder.series())


def test_frames_of_reference_that_differ_are_said(folder: Folder) -> None:
    for z in range(4):
        folder.add(z, FrameOfReferenceUID=f"1.2.{z // 2 + 1}")

    assert folder.lengths() == [4]
    assert "frames of reference" in warnings_of(folder.series())


def test_a_frame_of_reference_for_every_file_says_nothing(folder: Folder) -> None:
    for z in range(4):
        folder.add(z, FrameOfReferenceUID=f"1.2.{z + 1}")

    (series,) = folder.series()

    assert series.warnings == ()


def test_modalities_that_share_an_identifier_are_apart(tmp_path: Path) -> None:
    for z in range(3):
        write_ct(tmp_path / f"ct{z}.dcm", position=(0, 0, z), instance=z)
        write_mr(tmp_path / f"mr{z}.dcm", position=(0, 0, z), instance=z)

    series = dicom.read([tmp_path]).series

    assert [{one.acquisition.modality for one in part} for part in series] == [{"CT"}, {"MR"}]
