import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from jrviewer.core.geometry import FloatArray
from tests.support.record_factory import body_image
from tests.training.support.tiny_run import write_data
from training.baselines import clouds, command, train_denoisers
from training.baselines.clouds import CloudBaselines, Effort
from training.baselines.constant_cloud import Descent, Group, best_constant
from training.baselines.denoisers import Peers, new_network, save_network
from training.baselines.train_denoisers import BATCH, PATCH, Budget, train_peer
from training.data.contours import extrusion, plane_pixels
from training.data.real_noise.real_pairs import Anatomy, RealPairs
from training.data.views import View
from training.metrics.scores import Truth, nearest_mm
from training.preset import load_preset

pytestmark = pytest.mark.slow  # as a whole

EFFORT = Effort(steps=20, counts=(64, 256))


def ring_view(patient: str, radius: float, region: str = "chest") -> View:
    """A disc as the image and a tube of its radius as the truth."""
    random = np.random.default_rng(int(radius * 1000))
    angle, z = random.uniform(0, 2 * np.pi, 2000), random.uniform(-0.28, 0.28, 2000)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)
    y, x = (np.mgrid[:128, :128] + 0.5) / 64 - 1
    image = np.where(np.hypot(x, y) < radius, 40.0, -1000.0).astype(np.float32)
    return View(
        image,
        points.astype(np.float32),
        np.zeros(2000, np.uint8),
        (-64 / 224, 64 / 224),
        name=f"{region}_{patient}",
        patient=patient,
        region=region,  # type: ignore[arg-type]
        index=0,
    )


@pytest.fixture(scope="module")
def fitted() -> CloudBaselines:
    views = [ring_view("a", 0.3), ring_view("b", 0.5, "abdomen"), ring_view("c", 0.7, "abdomen")]
    return CloudBaselines(clouds.fit(views, EFFORT))


def radius(points: FloatArray) -> float:
    return float(np.median(np.hypot(points[:, 0], points[:, 1])))


def test_the_best_constant_cloud_of_one_truth_settles_on_its_surface() -> None:
    view = ring_view("a", 0.5)
    truth = Truth(view.points, view.labels, view.z_range)

    points, labels = best_constant([Group([truth])], 128, Descent(steps=60))

    assert nearest_mm(points, view.points).mean() < 5
    assert set(labels.tolist()) == {0}


def test_the_mean_region_is_that_of_the_views_region(fitted: CloudBaselines) -> None:
    points, _ = fitted.predict("mean_region", ring_view("x", 0.9), 64)

    assert radius(points) == pytest.approx(0.3, abs=0.05)


def test_the_nearest_is_the_training_view_that_looks_most_alike(fitted: CloudBaselines) -> None:
    points, labels = fitted.predict("nearest", ring_view("x", 0.66))

    assert radius(points) == pytest.approx(0.7, abs=0.01)
    assert (len(points), len(labels)) == (64, 64)


def test_packed_points_come_back_within_half_a_millimetre_on_each_axis() -> None:
    view = ring_view("a", 0.8)

    points, _ = clouds._unpacked(clouds._packed(view.points, view.labels))

    order = np.argsort(np.rint(view.points[:, 0] * 224), kind="stable")
    assert np.abs(points - view.points[order]).max() * 224 <= 0.5001


def test_pca_and_ridge_distinguish_a_wide_body_from_a_narrow_one(fitted: CloudBaselines) -> None:
    narrow, _ = fitted.predict("pca_ridge", ring_view("x", 0.3))
    wide, _ = fitted.predict("pca_ridge", ring_view("x", 0.7))

    assert radius(wide) > radius(narrow)


def test_a_fit_written_and_read_predicts_the_same(fitted: CloudBaselines, tmp_path: Path) -> None:
    clouds.save(fitted._arrays, tmp_path / "cloud.npz")

    again = CloudBaselines.load(tmp_path / "cloud.npz")

    for method in CloudBaselines.METHODS:
        view = ring_view("x", 0.5)
        before, after = fitted.predict(method, view, 64), again.predict(method, view, 64)
        assert np.array_equal(before[0], after[0])


def test_an_extrusion_holds_the_shares_of_the_truth_and_fills_the_depth() -> None:
    points, labels = extrusion(body_image(), 1024, seed=0)

    assert np.bincount(labels).tolist() == [512, 341, 171]
    assert np.abs(points[:, 2]).max() * 224 == pytest.approx(64, abs=1)
    assert plane_pixels(points, body_image()).max() < 1


def test_a_slice_without_a_body_still_gives_an_extrusion_of_the_right_size() -> None:
    points, labels = extrusion(np.full((128, 128), -1000.0), 100, seed=0)

    assert points.shape == (100, 3)
    assert labels.shape == (100,)


def noisy_crops(random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    clean = np.full((BATCH, PATCH, PATCH), 40.0)
    return clean + random.normal(0, 100, clean.shape), clean


def test_a_peer_is_trained_in_bf16_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights = []
    for able in (True, False):
        monkeypatch.setattr(
            "training.baselines.train_denoisers.multiplies_bfloat16", lambda able=able: able
        )
        trained = train_peer("cnn10", noisy_crops, Budget(5, 2), seed=1)
        weights.append(trained.network.state_dict()["first.weight"])

    assert not torch.equal(*weights)


def test_training_a_peer_twice_with_one_seed_gives_one_network() -> None:
    runs = [train_peer("cnn10", noisy_crops, Budget(5, 2), seed=1) for _ in range(2)]

    assert_alike(runs[0].network, runs[1].network)


def test_a_resumed_training_ends_where_an_uninterrupted_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def until_the_third_draw(random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        drawn.append(1)
        if len(drawn) == 3:
            raise KeyboardInterrupt
        return noisy_crops(random)

    drawn: list[int] = []
    kept, budget = tmp_path / "peers" / "cnn10.ckpt", Budget(5, 4)
    monkeypatch.setattr(train_denoisers, "SAVE_EVERY_SECONDS", -1.0)
    with pytest.raises(KeyboardInterrupt):
        train_peer("cnn10", until_the_third_draw, budget, seed=1, checkpoint=kept)
    spent = torch.load(kept, weights_only=True)["processor_seconds"]
    resumed = train_peer("cnn10", noisy_crops, budget, seed=1, checkpoint=kept)

    whole = train_peer("cnn10", noisy_crops, budget, seed=1)
    assert (resumed.updates, whole.updates) == (4, 4)
    assert resumed.seconds > 0
    assert 0 < spent < resumed.processor_seconds
    assert_alike(resumed.network, whole.network)


def assert_alike(first: nn.Module, second: nn.Module) -> None:
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert bool((one == other).all())


@pytest.mark.parametrize("name", ["bilateral", "cnn10", "redcnn"])
def test_a_stored_peer_returns_an_image_of_the_same_size(name: str, tmp_path: Path) -> None:
    save_network(name, new_network(name), tmp_path, {"updates": "0"})
    image = np.random.default_rng(0).normal(0, 50, (40, 33))

    (denoised,) = Peers(tmp_path).denoise(name, image, sigma=50)

    assert denoised.shape == image.shape
    assert np.isfinite(denoised).all()


@pytest.mark.parametrize("name", ["nlm", "tv"])
def test_the_classical_peers_reduce_noise(name: str, tmp_path: Path) -> None:
    image = np.random.default_rng(0).normal(0, 50, (40, 40))

    for denoised in Peers(tmp_path).denoise(name, image, sigma=50):
        assert denoised.std() < 35


def test_the_command_fits_and_trains_on_training_patients_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clouds, "Effort", lambda seed: Effort(4, (32, 64), seed))
    few = replace(load_preset("shipped"), pairs_256=2, pairs_512=1)
    monkeypatch.setattr(command, "load_preset", lambda _: few)
    data, out = write_data(tmp_path / "data"), tmp_path / "out"
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    options = ["--out", str(out), "--cache", str(tmp_path / "cache"), "--steps", "1"]
    options += ["--only", "cloud", "bilateral", "cnn10"]

    status = command.run(parser.parse_args(["--data", str(data), *options]))

    facts = json.loads((out / "facts.json").read_text(encoding="utf-8"))
    assert status == 0
    assert facts["cloud"]["patients"] == 2
    assert facts["cnn10"]["updates"] == 1
    assert Peers(out).names() == ("nlm", "tv", "bilateral", "cnn10")


def test_the_denoisers_go_on_from_earlier_fits_on_the_crops_of_another_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = Anatomy(np.full((1, 96, 96), 320, dtype=np.int16), 0.8, 1.0)
    monkeypatch.setattr(command, "real_pairs", lambda *_: RealPairs([crops]))
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    first, second = tmp_path / "first", tmp_path / "second"
    given = ["--data", str(tmp_path), "--cache", str(tmp_path / "cache"), "--preset", "real"]
    given += ["--only", "cnn10", "--steps", "1"]

    command.run(parser.parse_args([*given, "--out", str(first)]))
    command.run(parser.parse_args([*given, "--out", str(second), "--start", str(first)]))

    facts = json.loads((second / "facts.json").read_text(encoding="utf-8"))["cnn10"]
    assert facts["preset"] == "real"
    assert facts["began_with"]["updates"] == 1
