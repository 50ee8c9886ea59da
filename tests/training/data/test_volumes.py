import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from jrviewer.core.errors import JRViewerError
from jrviewer.core.records import Series, Slice
from tests.support.record_factory import make_plane, make_slice
from tests.training.support.bodies import make_volume
from training.data.dicom_series import NoVolumeError
from training.data.volumes import (
    REGIONS,
    catalogue,
    data_sha256,
    load,
    native_slices,
    patient_splits,
    region_of,
    split_of,
    whole_slices,
)

Row = tuple[str, str, str, str, str]  # name, split, patient, modality, region


def write_volume(data: Path, name: str, value: int = 0) -> None:
    (data / "volumes").mkdir(parents=True, exist_ok=True)
    np.savez(
        data / "volumes" / f"{name}.npz",
        volume=np.full((2, 3, 4), value, np.int16),
        spacing=np.array([5.0, 2.0, 1.5]),
        modality="MR",
        region="head",
    )


def write_list(data: Path, rows: Sequence[Row]) -> None:
    with (data / "volumes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "split", "patient", "modality", "region", "licence"])
        writer.writerows([*row, "CC BY 4.0"] for row in rows)


def write_data(data: Path, rows: Sequence[Row]) -> None:
    for name, *_ in rows:
        write_volume(data, name)
    write_list(data, rows)


def test_a_listed_volume_has_what_its_row_says(tmp_path: Path) -> None:
    write_data(tmp_path, [("a1", "validation", " P 1", "CT", "head-neck-upper-chest")])

    (entry,) = catalogue(tmp_path)

    assert (entry.name, entry.patient, entry.region) == ("a1", "P 1", "head-neck")
    assert (entry.modality, entry.split) == ("CT", "validation")


def test_a_volume_without_a_list_is_for_training_and_speaks_for_itself(tmp_path: Path) -> None:
    write_volume(tmp_path, "anything")

    (entry,) = catalogue(tmp_path)

    assert (entry.patient, entry.split) == ("anything", "train")
    assert (entry.modality, entry.region) == ("MR", "head")


def test_a_folder_without_volumes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JRViewerError, match="neither"):
        catalogue(tmp_path)


def test_voxels_and_spacings_are_loaded_as_they_lie(tmp_path: Path) -> None:
    write_volume(tmp_path, "a", value=-7)

    volume = load(catalogue(tmp_path)[0])

    assert volume.voxels.shape == (2, 3, 4)
    assert volume.spacing_mm == (5.0, 2.0, 1.5)
    assert volume.voxels[1, 2, 3] == -7


def test_no_patient_is_in_two_splits_even_with_a_stray_blank(tmp_path: Path) -> None:
    rows = [
        ("a_sharp", "train", " P1", "CT", "chest"),
        ("a_smooth", "validation", "P1", "CT", "chest"),
        ("b", "train", "P2 ", "CT", "chest"),
    ]
    write_data(tmp_path, rows)

    splits = {(entry.patient, entry.split) for entry in catalogue(tmp_path)}

    assert splits == {("P1", "validation"), ("P2", "train")}


def test_splits_by_volume_name_hold_for_the_whole_patient(tmp_path: Path) -> None:
    write_data(tmp_path, [("a", "train", "P1", "CT", "chest"), ("b", "train", "P1", "CT", "chest")])
    (tmp_path / "splits.json").write_text(json.dumps({"train": ["b"], "validation": ["a"]}))

    assert {entry.split for entry in catalogue(tmp_path)} == {"validation"}


def test_the_paper_s_first_lidc_patient_is_never_trained_on() -> None:
    assert split_of(" LIDC-IDRI-0001", {"LIDC-IDRI-0001": "train"}) == "validation"
    assert split_of("LIDC-IDRI-0002", {}) == "train"


@pytest.mark.parametrize(
    ("said", "region"),
    [
        ("abdomen-pelvis", "abdomen"),
        ("upper abdomen", "abdomen"),
        ("head-neck", "head-neck"),
        ("head", "head"),
        ("chest", "chest"),
        ("", "chest"),
    ],
)
def test_regions_are_one_of_four(said: str, region: str) -> None:
    assert region_of("x", said) == region


def test_the_data_hash_changes_with_the_content(tmp_path: Path) -> None:
    write_volume(tmp_path, "a", value=1)
    before = data_sha256(tmp_path)
    write_volume(tmp_path, "a", value=2)

    assert data_sha256(tmp_path) != before


def test_single_slices_come_in_hounsfield_units_with_the_split_of_their_patient(
    tmp_path: Path,
) -> None:
    write_volume(tmp_path, "a")
    (tmp_path / "slices").mkdir()
    np.savez(
        tmp_path / "slices" / "s.npz",
        slices=np.stack([np.full((4, 5), 30, np.int16), np.full((4, 5), -900, np.int16)]),
        spacing=np.array([[0.7, 0.8], [0.5, 0.6]]),
        patient=np.array(["T1", " T2"]),
    )
    declared = {"train": [], "validation": [], "slices": {"train": ["T1"], "validation": ["T2"]}}
    (tmp_path / "splits.json").write_text(json.dumps(declared))

    first, second = native_slices(tmp_path)

    assert (first.patient, first.split, first.spacing_mm) == ("T1", "train", (0.7, 0.8))
    assert (second.patient, second.split, second.name) == ("T2", "validation", "s-0002")
    assert second.pixels.dtype == np.float32
    assert second.pixels[3, 4] == -900


def layer(height_mm: float, value: float, *, turned: bool = False) -> Slice:
    pixels = np.array([[value, value + 1, value + 2], [0, 0, 0]])
    plane = make_plane((0, 0, height_mm), spacing_mm=(2.0, 0.5))
    if turned:  # prone: rows from left to right, columns from back to front
        plane = make_plane((0, 0, height_mm), (-1, 0, 0), (0, -1, 0), (2.0, 0.5))
    return make_slice(pixels, plane)


def with_reader(monkeypatch: pytest.MonkeyPatch, slices: Sequence[Slice]) -> None:
    """Put a reader in place that finds one series in every folder."""
    import jrviewer

    reader = SimpleNamespace(
        read=lambda paths: SimpleNamespace(series=(Series(tuple(slices)),), refused=())
    )
    monkeypatch.setitem(sys.modules, "jrviewer.dicom", reader)
    monkeypatch.setattr(jrviewer, "dicom", reader, raising=False)


def write_dicom_files(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for index in range(count):
        (folder / f"{index}.dcm").touch()


def test_a_tree_of_dicom_series_is_a_data_folder_with_one_patient_per_folder(
    tmp_path: Path,
) -> None:
    write_dicom_files(tmp_path / "LIDC-IDRI-0001" / "study" / "series", 9)
    write_dicom_files(tmp_path / "B" / "series", 9)
    write_dicom_files(tmp_path / "B" / "radiograph", 2)

    entries = catalogue(tmp_path)

    assert [(e.name, e.patient, e.split) for e in entries] == [
        ("B_series", "B", "train"),
        ("LIDC-IDRI-0001_study_series", "LIDC-IDRI-0001", "validation"),
    ]


def test_a_dicom_series_becomes_a_volume_from_feet_to_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dicom_files(tmp_path / "P", 8)
    with_reader(monkeypatch, [layer(15, 300), layer(10, 200), layer(5, 100)])

    volume = load(catalogue(tmp_path)[0])

    assert volume.spacing_mm == (5.0, 2.0, 0.5)
    assert volume.voxels[:, 0].tolist() == [[100, 101, 102], [200, 201, 202], [300, 301, 302]]


def test_a_series_stored_the_other_way_round_is_turned_to_left_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dicom_files(tmp_path / "P", 8)
    with_reader(monkeypatch, [layer(5, 100, turned=True), layer(10, 200, turned=True)])

    assert load(catalogue(tmp_path)[0]).voxels[0].tolist() == [[0, 0, 0], [102, 101, 100]]


def test_a_folder_without_ct_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dicom_files(tmp_path / "P", 8)
    with_reader(monkeypatch, [make_slice(modality="MR", unit="stored")])

    with pytest.raises(NoVolumeError):
        load(catalogue(tmp_path)[0])


def test_a_gap_in_a_series_is_bridged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dicom_files(tmp_path / "P", 8)
    with_reader(monkeypatch, [layer(z, 10 * z) for z in (0, 5, 10, 20)])

    assert load(catalogue(tmp_path)[0]).voxels[:, 0, 0].tolist() == [0, 50, 100, 150, 200]


def test_dicom_series_beside_volumes_give_native_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_volume(tmp_path, "a")
    write_dicom_files(tmp_path / "dicom" / "LIDC-IDRI-0001", 2)
    with_reader(monkeypatch, [layer(0, 1), layer(5, 2)])

    first, _ = native_slices(tmp_path)

    assert (first.patient, first.split, first.spacing_mm) == (
        "LIDC-IDRI-0001",
        "validation",
        (2.0, 0.5),
    )


def test_slices_that_a_mask_has_blanked_are_not_whole() -> None:
    voxels = np.full((12, 60, 70), -1000, dtype=np.int16)
    voxels[:, 10:50, 10:60] = 40
    voxels[9:, 25:] = -1000
    voxels[1] = -1000

    assert whole_slices(make_volume(voxels, (3.0, 2.0, 3.0))) == range(2, 9)


def test_the_top_of_a_head_is_whole() -> None:
    z, y, x = np.mgrid[:20, :60, :60]
    head = (z * 5.0) ** 2 + ((y - 30) * 3.0) ** 2 + ((x - 30) * 3.0) ** 2 < 80**2
    voxels = np.where(head, 40, -1000).astype(np.int16)

    assert whole_slices(make_volume(voxels, (5.0, 3.0, 3.0))) == range(20)


def test_the_real_data_has_no_patient_in_two_splits(shared: Path) -> None:
    entries = catalogue(shared / "data")
    trained = {entry.patient for entry in entries if entry.split == "train"}
    validated = {entry.patient for entry in entries if entry.split == "validation"}

    assert len(entries) >= 175  # the shared data grows
    assert not trained & validated
    assert "HF1058" in validated
    assert {entry.region for entry in entries} == set(REGIONS)
    assert patient_splits(shared / "data")["TCGA-17-Z013"] == "validation"
