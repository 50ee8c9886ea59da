import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.progress import silent
from tests.support.small_network import model_with_distance_limit
from tests.training.support.tiny_run import write_data
from training.data.magnetic_as_ct import SCALINGS
from training.data.volumes import Split
from training.evaluate import evaluate, ood
from training.evaluate.ood import NINE, ood_table

pytestmark = pytest.mark.slow  # as a whole


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ood, "PHANTOMS", 1)
    monkeypatch.setattr(ood, "OF_MR", 2)
    return write_data(tmp_path / "data")


def test_hard_red_checks_count_as_seen_through_and_good_slices_pass(data: Path) -> None:
    table = ood_table(model_with_distance_limit(1e9), data, ("validation",), None, 0, silent)

    assert table["false_alarms"] == 0
    assert table["by_kind"]["inverted"] == 1
    assert {"no rescale", "8-bit", "upside-down", "zoomed crop", "sagittal"} <= set(
        table["by_kind"]
    )
    assert {"water bottle", "pure noise", "coronal"} <= set(table["by_kind"])
    assert table["seen_through"]["narrow field of view"] == 1
    assert table["false_alarms_by_region"] == {"chest": 0, "phantom heads": 0}
    assert table["good_by_region"] == {"chest": table["good_slices"] - 1, "phantom heads": 1}
    nine = [table["by_kind"][kind] for kind in NINE if kind in table["by_kind"]]
    assert table["auroc_of_nine"] == pytest.approx(sum(nine) / len(nine))


def test_the_check_is_measured_alone_where_that_is_asked_for(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_with_distance_limit(1e9)
    monkeypatch.setattr(evaluate, "load_model", lambda device, weights: model)
    monkeypatch.setattr(evaluate, "in_precision", lambda model, precision: model)
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    words = ["--weights", "here", "--data", str(data), "--json", str(tmp_path / "tables.json")]

    assert evaluate.run(parser.parse_args([*words, "--only", "check", "--quick"])) == 0

    tables = json.loads((tmp_path / "tables.json").read_text())
    assert tables["ood"]["good_by_region"] == {"chest": 2, "phantom heads": 1}
    assert not {"denoise", "cloud", "real"} & set(tables)


def test_a_slice_in_which_the_body_is_cut_is_no_good_one(data: Path) -> None:
    path = data / "volumes" / "chest_c.npz"
    with np.load(path) as file:
        np.savez(path, volume=file["volume"][:, :, 24:72], spacing=file["spacing"])

    splits: tuple[Split, ...] = ("train", "validation")
    table = ood_table(model_with_distance_limit(1e9), data, splits, None, 0, silent)

    assert table["good_by_region"]["chest"] == 4  # of the other two patients
    assert table["seen_through"]["cut in the series"] == 1


def test_a_skull_around_a_brain_counts_as_a_head(data: Path) -> None:
    with np.load(data / "volumes" / "chest_c.npz") as file:
        row, column = np.ogrid[:96, :96]
        radius = np.hypot(row - 47.5, column - 47.5)
        head = np.where(radius < 30, np.where(radius < 26, 40, 900), -1000)
        volume = np.stack([head] * 20).astype(np.int16)
        np.savez(data / "volumes" / "headneck_d.npz", volume=volume, spacing=file["spacing"])
    with (data / "volumes.csv").open("a", encoding="utf-8") as listed:
        listed.write("headneck_d,validation,d,CT,head-neck,made here\n")

    table = ood_table(model_with_distance_limit(1e9), data, ("validation",), None, 0, silent)

    assert 5 < table["good_by_region"]["heads"] <= ood.OF_HEADS
    assert table["false_alarms_by_region"]["heads"] == 0


def test_mr_that_claims_to_be_ct_is_seen_whether_it_is_scaled_or_not(data: Path) -> None:
    """Tissues between air and fat, where CT has none."""
    with np.load(data / "volumes" / "chest_c.npz") as file:
        mr = (np.clip(file["volume"] + 1000.0, 0, 700) * 0.4).astype(np.int16)
        np.savez(data / "volumes" / "mr_d.npz", volume=mr, spacing=file["spacing"])
    with (data / "volumes.csv").open("a", encoding="utf-8") as listed:
        listed.write("mr_d,validation,d,MR,head,made here\n")

    table = ood_table(model_with_distance_limit(1e9), data, ("validation",), None, 0, silent)

    assert table["seen_through"]["mr as ct"] == 1
    assert table["seen_through"]["mr scaled as ct"] == 1
    assert {kind: table["bad_slices"][kind] for kind in SCALINGS} == dict.fromkeys(SCALINGS, 2)


def test_a_check_that_warns_of_everything_raises_only_false_alarms(data: Path) -> None:
    assert (
        ood_table(model_with_distance_limit(1e-9), data, ("validation",), None, 0, silent)[
            "false_alarms"
        ]
        == 1
    )
