from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.errors import (
    Cancelled,
    DeviceMemoryError,
    InputRefusedError,
)
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.core.strength import HIGH, STANDARD
from jrviewer.model.joint_model import JointModel
from jrviewer.model.predict import (
    DENSE_POINTS,
    MOST_AT_ONCE,
    POINTS,
    make_pool,
    predict,
    predict_series,
)
from jrviewer.model.slice_pool import SPARE
from tests.support.noisy_prediction import make_noisy
from tests.support.record_factory import body_image, make_plane, make_series, make_slice
from tests.support.small_network import small_net


@pytest.fixture(scope="module")
def model() -> JointModel:
    return JointModel("small 0", "0" * 64, "CPU fp32", small_net(), sharpness=1.0)


def test_a_prediction_carries_its_own_slice_and_both_clouds(model: JointModel) -> None:
    image = make_slice()

    prediction = predict(model, image)

    assert prediction.slice is image
    assert prediction.denoised.shape == image.shape
    assert prediction.cloud is not None
    dense = prediction.compute_dense_cloud()
    assert dense is not None
    assert (len(prediction.cloud), len(dense)) == (POINTS, DENSE_POINTS)


def test_the_cloud_lies_in_the_patient_where_the_body_is(model: JointModel) -> None:
    here = predict(model, make_slice(plane=make_plane(spacing_mm=(3.0, 3.0))))
    moved_plane = make_plane(origin_mm=(100, -50, 700), spacing_mm=(3.0, 3.0))
    there = predict(model, make_slice(plane=moved_plane))

    assert here.cloud is not None
    assert there.cloud is not None
    shift = there.cloud.points - here.cloud.points
    assert np.allclose(shift, [100, -50, 700], atol=0.01)


def test_a_slice_stored_turned_gives_the_same_cloud(model: JointModel) -> None:
    upright = make_slice()
    turned = make_slice(
        pixels=np.rot90(body_image(), 2).copy(),
        plane=make_plane(
            origin_mm=(127 * 3.0, 127 * 3.0, 0),
            along_row=(-1, 0, 0),
            along_column=(0, -1, 0),
            spacing_mm=(3.0, 3.0),
        ),
    )

    first, second = predict(model, upright).cloud, predict(model, turned).cloud

    assert first is not None
    assert second is not None
    assert np.abs(first.points.mean(axis=0) - second.points.mean(axis=0)).max() < 2.0


def test_without_spacing_the_cloud_has_no_millimetres(model: JointModel) -> None:
    prediction = predict(model, make_slice(spacing_source="missing"))

    assert prediction.cloud is not None
    assert prediction.cloud.unit == "normalized"
    assert np.abs(prediction.cloud.points).max() <= 1.0
    assert prediction.level == "amber"


def test_without_spacing_the_slice_lies_where_its_cloud_is(model: JointModel) -> None:
    """The oval body is 0.8 of 128 pixels wide; its width counts as 360 mm of the box's 448."""
    image = make_slice(spacing_source="missing")
    cloud = predict(model, image).cloud
    assert cloud is not None

    sides = image.plane.to_patient(np.array([[63.5, 63.5 - 51.2], [63.5, 63.5 + 51.2]]))
    left, right = cloud.box.to_box(sides)[:, 0]

    assert right - left == pytest.approx(360 / 224, rel=0.03)
    assert left + right == pytest.approx(0, abs=0.03)


def test_without_spacing_pixels_keep_the_shape_that_the_file_gives_them(
    model: JointModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body squeezed to half its rows, whose pixels are twice as high, gives the same image."""
    seen: list[np.ndarray] = []
    surfaces = JointModel.surfaces

    def remember(model: JointModel, image: np.ndarray) -> object:
        seen.append(image)
        return surfaces(model, image)

    monkeypatch.setattr(JointModel, "surfaces", remember)
    monkeypatch.setattr(JointModel, "denoise", lambda model, pixels, unit: pixels)
    whole, high = make_plane(spacing_mm=(1.0, 1.0)), make_plane(spacing_mm=(2.0, 1.0))
    predict(model, make_slice(plane=whole, spacing_source="missing"))
    squeezed = body_image()[::2]
    predict(model, make_slice(pixels=squeezed, plane=high, spacing_source="missing"))

    differs = np.abs(seen[0] - seen[1]) > 200
    assert differs.mean() < 0.02


def test_mr_is_denoised_in_its_own_unit_and_says_why_it_has_no_cloud(model: JointModel) -> None:
    brain = np.where(body_image() > -500, 700.0, 3.0)

    prediction = predict(model, make_slice(pixels=brain, unit="stored", modality="MR"))

    assert prediction.cloud is None
    assert "MR" in prediction.no_cloud_reason
    assert np.allclose(prediction.denoised, brain, atol=1.0)  # untrained: the head says nothing


def test_a_blank_mr_slice_comes_back_blank(model: JointModel) -> None:
    blank = np.zeros((64, 64))

    assert not model.denoise(blank, "stored").any()


def test_a_red_check_stops_the_model_until_someone_insists(model: JointModel) -> None:
    image = make_slice(modality="US", unit="stored")

    with pytest.raises(InputRefusedError, match="US"):
        predict(model, image)
    assert predict(model, image, run_anyway=True).overridden


def test_run_anyway_overrides_nothing_on_a_good_slice(model: JointModel) -> None:
    assert not predict(model, make_slice(), run_anyway=True).overridden


def test_a_report_that_cancels_stops_the_work(model: JointModel) -> None:
    def report(fraction: float, what: str) -> None:
        if fraction >= 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        predict(model, make_slice(), report)


def test_a_series_is_predicted_slice_by_slice(model: JointModel) -> None:
    series = make_series(3)

    predictions = list(predict_series(model, series.slices))

    assert [p.slice for p in predictions if isinstance(p, Prediction)] == list(series.slices)


def test_a_slice_that_is_refused_stops_no_other(model: JointModel) -> None:
    good = make_series(3).slices
    refused = replace(good[1], pixels=np.full_like(good[1].pixels, -1000))

    first, second, third = predict_series(model, [good[0], refused, good[2]])

    assert isinstance(second, InputRefusedError)
    assert isinstance(first, Prediction)
    assert isinstance(third, Prediction)
    alone = predict(model, good[2])
    assert np.allclose(third.denoised, alone.denoised, atol=1e-3)


def test_a_cancelled_series_begins_no_further_slice(
    model: JointModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Slice] = []

    def count(model: JointModel, image: Slice, go_on: Report, **how: object) -> Prediction:
        begun.append(image)
        return predict(model, image)

    def report(fraction: float, what: str) -> None:
        if fraction > 0:
            raise Cancelled

    monkeypatch.setattr("jrviewer.model.predict._predicted", count)
    with pytest.raises(Cancelled):
        list(predict_series(model, make_series(12).slices, report))

    assert len(begun) <= MOST_AT_ONCE + SPARE


@pytest.mark.parametrize(("fits", "tried"), [(2, [4, 2]), (1, [4, 2, 1])])
def test_a_series_too_large_for_the_memory_at_once_is_predicted_fewer_at_a_time(
    model: JointModel, monkeypatch: pytest.MonkeyPatch, fits: int, tried: list[int]
) -> None:
    series, at_work = make_series(6), make_pool
    widths: list[int] = []

    def watched(model: JointModel, *, most: int, pixels: int, **how: bool) -> object:
        widths.append(most)
        return at_work(model, run_anyway=how["run_anyway"], most=most, pixels=pixels)

    def full_soon(model: JointModel, image: Slice, go_on: Report, **how: object) -> object:
        is_full = widths[-1] > fits and image is series[2]
        return DeviceMemoryError("full") if is_full else predict(model, image)

    monkeypatch.setattr("jrviewer.model.predict.make_pool", watched)
    monkeypatch.setattr("jrviewer.model.predict._predicted", full_soon)
    outcomes = list(predict_series(model, series.slices))

    assert [one.slice for one in outcomes if isinstance(one, Prediction)] == list(series)
    assert widths == tried


def test_what_does_not_fit_alone_is_told_to_whoever_asked(
    model: JointModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = DeviceMemoryError("full")
    monkeypatch.setattr("jrviewer.model.predict._predicted", lambda *_, **how: full)

    assert list(predict_series(model, make_series(2).slices)) == [full, full]


def test_the_input_slice_is_left_as_it_was(model: JointModel) -> None:
    image = make_slice()
    before = image.pixels.copy()

    predict(model, replace(image))

    assert np.array_equal(image.pixels, before)


def test_a_prediction_knows_the_noise_and_its_strength(model: JointModel) -> None:
    image = make_noisy().slice

    made = predict(model, image, run_anyway=True)
    high = predict(model, image, run_anyway=True, strength=HIGH)

    assert made.strength == STANDARD
    assert made.noise_before == pytest.approx(20, rel=0.15)
    assert high.shares == made.at(HIGH).shares
    assert np.array_equal(high.denoised, made.at(HIGH).denoised)


def test_the_cloud_is_the_same_at_every_strength(model: JointModel) -> None:
    image = make_slice()
    clouds = [predict(model, image, strength=one).cloud for one in (STANDARD, HIGH)]

    assert clouds[0] is not None
    assert clouds[1] is not None
    assert np.array_equal(clouds[0].points, clouds[1].points)


def test_a_series_keeps_its_strength(model: JointModel) -> None:
    outcomes = predict_series(model, make_series(3).slices, strength=HIGH)
    assert {one.strength for one in outcomes if isinstance(one, Prediction)} == {HIGH}
