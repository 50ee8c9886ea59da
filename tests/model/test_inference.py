import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from jrviewer.core.errors import (
    Cancelled,
    DeviceError,
    DeviceMemoryError,
    InputRefusedError,
    ModelError,
)
from jrviewer.core.progress import Report
from jrviewer.core.records import Prediction, Slice
from jrviewer.model import inference
from jrviewer.model.inference import DENSE_POINTS, POINTS, load_model, predict, predict_series
from jrviewer.model.joint_model import Model
from jrviewer.model.network import JointNet
from jrviewer.model.slice_pool import SPARE
from tests.support.record_factory import body_image, make_plane, make_series, make_slice
from tests.support.small_network import SMALL, small_net


@pytest.fixture(scope="module")
def model() -> Model:
    return Model("small 0", "0" * 64, "CPU fp32", small_net(), sharpness=1.0)


def write_weights(path: Path) -> Path:
    sizes = {name: getattr(SMALL, name) for name in SMALL.__slots__}
    about = {"name": "small", "version": "0", "config": sizes}
    state = {name: tensor.half() for name, tensor in small_net().state_dict().items()}
    save_file(state, path, metadata={"jrviewer": json.dumps(about)})
    return path


def test_a_prediction_carries_its_own_slice_and_both_clouds(model: Model) -> None:
    image = make_slice()

    prediction = predict(model, image)

    assert prediction.slice is image
    assert prediction.denoised.shape == image.shape
    assert prediction.cloud is not None
    dense = prediction.compute_dense_cloud()
    assert dense is not None
    assert (len(prediction.cloud), len(dense)) == (POINTS, DENSE_POINTS)


def test_the_cloud_lies_in_the_patient_where_the_body_is(model: Model) -> None:
    here = predict(model, make_slice(plane=make_plane(spacing_mm=(3.0, 3.0))))
    moved_plane = make_plane(origin_mm=(100, -50, 700), spacing_mm=(3.0, 3.0))
    there = predict(model, make_slice(plane=moved_plane))

    assert here.cloud is not None
    assert there.cloud is not None
    shift = there.cloud.points - here.cloud.points
    assert np.allclose(shift, [100, -50, 700], atol=0.01)


def test_a_slice_stored_turned_gives_the_same_cloud(model: Model) -> None:
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


def test_without_spacing_the_cloud_has_no_millimetres(model: Model) -> None:
    prediction = predict(model, make_slice(spacing_source="missing"))

    assert prediction.cloud is not None
    assert prediction.cloud.unit == "normalized"
    assert np.abs(prediction.cloud.points).max() <= 1.0
    assert prediction.level == "amber"


def test_without_spacing_the_slice_lies_where_its_cloud_is(model: Model) -> None:
    """The oval body is 0.8 of 128 pixels wide; its width counts as 360 mm of the box's 448."""
    image = make_slice(spacing_source="missing")
    cloud = predict(model, image).cloud
    assert cloud is not None

    sides = image.plane.to_patient(np.array([[63.5, 63.5 - 51.2], [63.5, 63.5 + 51.2]]))
    left, right = cloud.box.to_box(sides)[:, 0]

    assert right - left == pytest.approx(360 / 224, rel=0.03)
    assert left + right == pytest.approx(0, abs=0.03)


def test_without_spacing_pixels_keep_the_shape_that_the_file_gives_them(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body squeezed to half its rows, whose pixels are twice as high, gives the same image."""
    seen: list[np.ndarray] = []
    look = Model.look

    def remember(model: Model, image: np.ndarray) -> object:
        seen.append(image)
        return look(model, image)

    monkeypatch.setattr(Model, "look", remember)
    monkeypatch.setattr(Model, "denoise", lambda model, pixels, unit: pixels)
    whole, high = make_plane(spacing_mm=(1.0, 1.0)), make_plane(spacing_mm=(2.0, 1.0))
    predict(model, make_slice(plane=whole, spacing_source="missing"))
    squeezed = body_image()[::2]
    predict(model, make_slice(pixels=squeezed, plane=high, spacing_source="missing"))

    differs = np.abs(seen[0] - seen[1]) > 200
    assert differs.mean() < 0.02


def test_a_graphics_memory_too_full_for_the_model_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(net: JointNet, device: torch.device) -> JointNet:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(JointNet, "to", full)

    with pytest.raises(DeviceError, match="memory is too full for the model"):
        load_model("cpu")


def test_mr_is_denoised_in_its_own_unit_and_says_why_it_has_no_cloud(model: Model) -> None:
    brain = np.where(body_image() > -500, 700.0, 3.0)

    prediction = predict(model, make_slice(pixels=brain, unit="stored", modality="MR"))

    assert prediction.cloud is None
    assert "MR" in prediction.no_cloud_reason
    assert np.allclose(prediction.denoised, brain, atol=1.0)  # untrained: the head says nothing


def test_a_blank_mr_slice_comes_back_blank(model: Model) -> None:
    blank = np.zeros((64, 64))

    assert not model.denoise(blank, "stored").any()


def test_a_red_check_stops_the_model_until_someone_insists(model: Model) -> None:
    image = make_slice(modality="US", unit="stored")

    with pytest.raises(InputRefusedError, match="US"):
        predict(model, image)
    assert predict(model, image, run_anyway=True).overridden


def test_run_anyway_overrides_nothing_on_a_good_slice(model: Model) -> None:
    assert not predict(model, make_slice(), run_anyway=True).overridden


def test_a_report_that_cancels_stops_the_work(model: Model) -> None:
    def report(fraction: float, what: str) -> None:
        if fraction >= 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        predict(model, make_slice(), report)


def test_a_series_is_predicted_slice_by_slice(model: Model) -> None:
    series = make_series(3)

    predictions = list(predict_series(model, series.slices))

    assert [p.slice for p in predictions if isinstance(p, Prediction)] == list(series.slices)


def test_a_slice_that_is_refused_stops_no_other(model: Model) -> None:
    good = make_series(3).slices
    refused = replace(good[1], pixels=np.full_like(good[1].pixels, -1000))

    first, second, third = predict_series(model, [good[0], refused, good[2]])

    assert isinstance(second, InputRefusedError)
    assert isinstance(first, Prediction)
    assert isinstance(third, Prediction)
    alone = predict(model, good[2])
    assert np.allclose(third.denoised, alone.denoised, atol=1e-3)


def test_a_cancelled_series_begins_no_further_slice(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Slice] = []

    def count(model: Model, image: Slice, go_on: Report, *, run_anyway: bool) -> Prediction:
        begun.append(image)
        return predict(model, image)

    def report(fraction: float, what: str) -> None:
        if fraction > 0:
            raise Cancelled

    monkeypatch.setattr(inference, "_predicted", count)
    with pytest.raises(Cancelled):
        list(predict_series(model, make_series(12).slices, report))

    assert len(begun) <= inference.MOST_AT_ONCE + SPARE


@pytest.mark.parametrize(("fits", "tried"), [(2, [4, 2]), (1, [4, 2, 1])])
def test_a_series_too_large_for_the_memory_at_once_is_predicted_fewer_at_a_time(
    model: Model, monkeypatch: pytest.MonkeyPatch, fits: int, tried: list[int]
) -> None:
    series, at_work = make_series(6), inference.crew
    widths: list[int] = []

    def watched(model: Model, *, run_anyway: bool, most: int, pixels: int) -> object:
        widths.append(most)
        return at_work(model, run_anyway=run_anyway, most=most, pixels=pixels)

    def full_soon(model: Model, image: Slice, go_on: Report, *, run_anyway: bool) -> object:
        is_full = widths[-1] > fits and image is series[2]
        return DeviceMemoryError("full") if is_full else predict(model, image)

    monkeypatch.setattr(inference, "crew", watched)
    monkeypatch.setattr(inference, "_predicted", full_soon)
    outcomes = list(predict_series(model, series.slices))

    assert [one.slice for one in outcomes if isinstance(one, Prediction)] == list(series)
    assert widths == tried


def test_what_does_not_fit_alone_is_told_to_whoever_asked(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = DeviceMemoryError("full")
    monkeypatch.setattr(inference, "_predicted", lambda *_, run_anyway: full)

    assert list(predict_series(model, make_series(2).slices)) == [full, full]


def test_weights_load_with_their_own_sizes(tmp_path: Path) -> None:
    model = load_model("cpu", write_weights(tmp_path / "w.safetensors"))

    assert model.name == "small 0"
    assert model.net.config == SMALL
    assert next(model.net.parameters()).dtype == torch.float32


def test_the_bundled_weights_file_is_let_go_once_it_is_read() -> None:
    familiarity = load_model("cpu").familiarity

    assert familiarity is not None
    assert all(array.flags.owndata for array in familiarity.arrays().values())


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "w.safetensors", metadata={"jrviewer": "{}"})

    with pytest.raises(ModelError, match="damaged or made for another version"):
        load_model("cpu", tmp_path / "w.safetensors")


def test_asking_for_cuda_where_there_is_none_is_answered_in_a_sentence(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")

    with pytest.raises(ModelError, match="Choose the CPU"):
        load_model("cuda", write_weights(tmp_path / "w.safetensors"))


def test_the_input_slice_is_left_as_it_was(model: Model) -> None:
    image = make_slice()
    before = image.pixels.copy()

    predict(model, replace(image))

    assert np.array_equal(image.pixels, before)
