import re
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import Report
from jrviewer.core.resources import resource
from jrviewer.model.joint_model import JointModel
from tests.support.dicom_factory import write_series
from training.data.volumes import catalogue
from training.evaluate import evaluate
from training.experiments.lidc import command
from training.experiments.lidc.folders import Part, import_patients, part_of, readings
from training.preset import load_preset

WEIGHTS = resource("model/joint.safetensors")


def write_patient(root: Path, number: int, spacing: float = 0.7) -> None:
    """As TCIA ships one: a CT and its marks in one folder, radiographs in another."""
    folder = root / f"LIDC-IDRI-{number:04d}" / "1.2.840.1" / "1.2.840.2"
    write_series(folder, 9, spacing=(spacing, spacing))
    (folder / "069.xml").write_text("<LidcReadMessage>not closed", encoding="utf-8")
    write_series(folder.parent / "1.2.840.3", 2)


def nothing(fraction: float, what: str) -> None:
    """No progress."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in (1, 314):
        write_patient(tmp_path / "tcia", number)
    return tmp_path / "tcia"


def test_folders_as_tcia_ships_them_become_volumes_split_by_patient(
    tree: Path, tmp_path: Path
) -> None:
    rows = import_patients(tree, tmp_path / "out", None, nothing)

    assert [(row.patient, row.part) for row in rows] == [
        ("LIDC-IDRI-0001", "test"),
        ("LIDC-IDRI-0314", "train"),
    ]
    entries = catalogue(tmp_path / "out")
    assert [(e.patient, e.split, e.region) for e in entries] == [
        ("LIDC-IDRI-0001", "validation", "chest"),
        ("LIDC-IDRI-0314", "train", "chest"),
    ]


LAYOUTS = {
    "NBIA Data Retriever, descriptive names": (
        "manifest-1600709154662/LIDC-IDRI/LIDC-IDRI-0314/01-01-2000-NA-NA-94866/"
        "3000268.000000-NA-06155"
    ),
    "NBIA Data Retriever, classic names": (
        "manifest-1600709154662/LIDC-IDRI/LIDC-IDRI-0314/1.3.6.1.4.1.14519.5.2.1.6279.6001.1/"
        "1.3.6.1.4.1.14519.5.2.1.6279.6001.2"
    ),
    "a folder for each series": "1.3.6.1.4.1.14519.5.2.1.6279.6001.2",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ct_is_found_in_every_tree_that_downloads_make(layout: str, tmp_path: Path) -> None:
    root = tmp_path / "download"
    ct = root / LAYOUTS[layout]
    write_series(ct, 9, patient_id="LIDC-IDRI-0314")
    (ct / "069.xml").write_text("<LidcReadMessage>not closed", encoding="utf-8")
    radiographs = ct.parent / "1.3.6.1.4.1.14519.5.2.1.6279.6001.3"
    write_series(radiographs, 2, patient_id="LIDC-IDRI-0314", extra={"Modality": "DX"})
    for folder in (root, ct):
        (folder / "LICENSE").write_text("CC BY 3.0", encoding="utf-8")
    (root / "metadata.csv").write_text("Series UID,Collection\n", encoding="utf-8")

    rows = import_patients(root, tmp_path / "out", None, nothing)

    assert [(row.name, row.patient, row.part) for row in rows] == [
        ("chest_lidc_idri_0314", "LIDC-IDRI-0314", "train")
    ]


def test_many_radiographs_in_a_folder_are_no_volume(tmp_path: Path) -> None:
    root = tmp_path / "tcia"
    write_patient(root, 314)
    write_series(root / "LIDC-IDRI-0314" / "1.2.840.9", 9, extra={"Modality": "CR"})

    rows = import_patients(root, tmp_path / "out", None, nothing)

    assert [row.name for row in rows] == ["chest_lidc_idri_0314"]


def test_fine_slices_are_averaged(tree: Path, tmp_path: Path) -> None:
    import_patients(tree, tmp_path / "out", 1, nothing)

    with np.load(tmp_path / "out" / "volumes" / "chest_lidc_idri_0001.npz") as file:
        assert file["volume"].shape == (9, 32, 32)
        assert file["spacing"].tolist() == [5.0, 1.4, 1.4]


def test_held_out_patients_keep_native_slices_and_others_do_not(tree: Path, tmp_path: Path) -> None:
    import_patients(tree, tmp_path / "out", None, nothing)

    (kept,) = (tmp_path / "out" / "native").iterdir()
    assert kept.name == "chest_lidc_idri_0001"
    assert len([*kept.iterdir()]) == 9


def test_what_was_read_once_is_not_read_again(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = import_patients(tree, tmp_path / "out", None, nothing)
    monkeypatch.setattr("training.experiments.lidc.folders.ct_slices", lambda folder: 1 / 0)

    assert import_patients(tree, tmp_path / "out", None, nothing) == first


def test_a_folder_without_such_patients_says_what_to_choose(tmp_path: Path) -> None:
    write_series(tmp_path / "somebody", 9)

    with pytest.raises(JRViewerError, match="LIDC-IDRI-0001"):
        import_patients(tmp_path, tmp_path / "out", None, nothing)


@pytest.mark.parametrize(("missing", "what"), [("train", "to train on"), ("test", "to test")])
def test_patients_of_one_part_alone_say_which_to_add(missing: Part, what: str) -> None:
    patients: dict[Part, list[str]] = {"train": ["a"], "validation": ["b"], "test": ["c"]}

    with pytest.raises(JRViewerError, match=what) as told:
        command.require_both({**patients, missing: []})

    suggested = re.findall(r"LIDC-IDRI-\d{4}", str(told.value))
    assert len(suggested) == 3
    assert {part_of(one) for one in suggested} == {missing}
    command.require_both({**patients, "validation": []})


def test_all_patients_fall_into_parts_of_70_20_and_10_per_cent() -> None:
    parts = [part_of(f"LIDC-IDRI-{number:04d}") for number in range(1, 1011)]

    assert parts.count("train") / 1010 == pytest.approx(0.7, abs=0.03)
    assert parts.count("validation") / 1010 == pytest.approx(0.2, abs=0.03)
    assert parts.count("test") / 1010 == pytest.approx(0.1, abs=0.03)


def test_the_papers_slices_stay_in_their_patients_part(tmp_path: Path) -> None:
    for number in (1, 314):
        write_patient(tmp_path / "tcia", number, spacing=3.0)
    rows = import_patients(tmp_path / "tcia", tmp_path / "out", None, nothing)

    bodies = command._bodies(tmp_path / "out", rows, 3, nothing)

    training, validation, test = bodies.split(seed=1)
    assert (len(training), len(validation), len(test)) == (3, 0, 3)
    assert bodies.clean.shape == (6, 1, 128, 128)
    assert not np.array_equal(bodies.points[0], bodies.again[0])
    assert set(map(int, training)) & set(map(int, test)) == set()


def test_what_reading_took_is_remembered_when_nothing_is_read_again(
    tree: Path, tmp_path: Path
) -> None:
    import_patients(tree, tmp_path / "out", None, nothing)
    first = readings(tmp_path / "out")

    import_patients(tree, tmp_path / "out", None, nothing)

    assert first.slices == 18
    assert first.seconds > 0
    assert readings(tmp_path / "out") == first


def test_hours_grow_with_patients_but_for_the_steps_of_training() -> None:
    table = {
        "patients": {"train": ["a"], "validation": [], "test": ["b"]},
        "reading": {"slices": 40, "seconds": 20.0},
        "seconds": {
            "surfaces": 4.0, "protocol": 80.0, "step": 0.36, "yardstick": 60.0
        },
        "paper": {
            "slices": {"train": 4, "validation": 0, "test": 4},
            "protocol": {"epochs": 2},
            "seeds": [1],
        },
    }  # fmt: skip

    hours = command.hours(table)

    reading, _, paper, training, yardstick = hours.values()
    assert reading == pytest.approx(0.5 * 244_527 / 3600)
    assert paper == pytest.approx(10 * 4 * 0.7 * 1010 * 50 * 3 / 3600)
    assert training == pytest.approx(0.36 * load_preset("shipped").steps / 3600)
    assert yardstick == pytest.approx(60 * 0.3 * 1010 / 3600)


def test_the_yardstick_is_given_every_option_that_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def note(options: Namespace, model: JointModel, report: Report) -> dict[str, Any]:
        asked.append(options)
        return {}

    monkeypatch.setattr(evaluate, "evaluate", note)
    args = Namespace(weights=WEIGHTS, out=tmp_path, json=tmp_path / "t.json", quick=True)

    command._yardstick(args, nothing)

    parser = ArgumentParser()
    evaluate.add_arguments(parser)
    wanted = parser.parse_args(["--weights", str(WEIGHTS), "--data", "D", "--json", "J", "--quick"])
    (options,) = asked
    assert vars(options).keys() == vars(wanted).keys()
    assert (options.data, options.quick, options.split) == (tmp_path, True, "validation")
