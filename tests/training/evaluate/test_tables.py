import pytest

from training.evaluate.tables import Row, cloud_table, denoise_table, harmed


def slice_row(case: str, region: str, method: str, psnr: float, kind: str = "volume") -> Row:
    patient = case.split("-")[0]
    identity = {"case": case, "patient": patient, "region": region, "kind": kind, "level": 10}
    return {**identity, "method": method, "psnr": psnr, "no_harm": float(psnr >= 20)}


def cloud_row(patient: str, region: str, method: str, l1_mm: float) -> Row:
    return {"case": "", "patient": patient, "region": region, "method": method, "L1_mm": l1_mm}


def test_images_are_averaged_by_patient_then_region_then_over_regions() -> None:
    rows = [
        slice_row("a-1", "chest", "ours", 30),
        slice_row("a-2", "chest", "ours", 32),
        slice_row("b-1", "chest", "ours", 21),
        slice_row("c-1", "abdomen", "ours", 10),
    ]

    table = denoise_table(rows, [])["10"]

    assert table["by_region"]["chest"]["ours"]["psnr"] == pytest.approx((31 + 21) / 2)
    assert table["ours"]["psnr"] == pytest.approx((26 + 10) / 2)


def test_do_no_harm_is_the_plain_share_of_slices() -> None:
    rows = [slice_row(f"a-{i}", "chest", "ours", 30) for i in range(3)]
    rows.append(slice_row("b-1", "chest", "ours", 10))

    assert denoise_table(rows, [])["10"]["ours"]["no_harm"] == 0.75


def test_phantoms_stand_beside_the_real_slices() -> None:
    rows = [slice_row("a-1", "chest", "ours", 30), slice_row("p-1", "chest", "ours", 40, "phantom")]

    table = denoise_table(rows, [])["10"]

    assert table["ours"]["psnr"] == 30
    assert table["by_kind"]["phantom"]["ours"]["psnr"] == 40


def test_every_slice_that_ours_made_worse_is_named() -> None:
    rows = [slice_row("a-1", "chest", "ours", 19), slice_row("a-1", "chest", "input", 20)]

    assert harmed(rows) == [{"case": "a-1", "level": 10, "psnr_input": 20, "psnr_ours": 19}]


def test_clouds_are_averaged_by_patient_whatever_the_region() -> None:
    rows = [cloud_row("a", "chest", "floor", value) for value in (1.0, 3.0)]
    rows += [cloud_row(name, "abdomen", "floor", 5.0) for name in "bc"]

    assert cloud_table(rows, seed=0)["floor"]["L1_mm"] == pytest.approx(4.0)


def test_the_gap_from_mean_region_is_the_plain_average_over_regions() -> None:
    rows = []
    for patient, region, ours in (("a", "chest", 8.0), ("b", "chest", 8.0), ("c", "abdomen", 6.0)):
        values = {"ours": ours, "mean_shape": 15.0, "mean_region": 10.0, "floor": 5.0}
        rows += [cloud_row(patient, region, method, l1) for method, l1 in values.items()]

    table = cloud_table(rows, seed=0)

    assert table["gap_closed"] == pytest.approx((15 - 22 / 3) / 10)
    assert table["gap_closed_region_by_region"] == pytest.approx({"chest": 0.4, "abdomen": 0.8})
    assert table["gap_closed_region"] == pytest.approx(0.6)


def test_a_baseline_is_compared_with_ours_patient_by_patient() -> None:
    rows = [cloud_row(patient, "chest", "ours", x) for patient, x in (("a", 5.0), ("b", 9.0))]
    rows += [cloud_row(patient, "chest", "nearest", x) for patient, x in (("a", 7.0), ("b", 11.0))]

    assert cloud_table(rows, seed=0)["nearest"]["worse_than_ours_mm_ci"] == pytest.approx([2, 2])
