import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import silent
from jrviewer.core.records import UInt8Array
from tests.training.support.tiny_run import write_data
from training.baselines import clouds as cloud_baselines
from training.baselines.clouds import Effort
from training.data.cases import evenly
from training.data.volumes import catalogue
from training.evaluate import evaluate
from training.evaluate.cloud import cases_of


class Smoother:
    """Stands where the model does: a blur, and the slice's own extrusion as a cloud."""

    name, weights_sha256 = "smoother 1", "0" * 64
    familiarity = None

    def denoise(self, pixels: FloatArray, unit: str) -> FloatArray:
        from scipy.ndimage import gaussian_filter

        blurred: FloatArray = gaussian_filter(pixels, 1.0)
        return blurred

    def clouds(
        self, image: FloatArray, counts: tuple[int, ...]
    ) -> list[tuple[FloatArray, UInt8Array, FloatArray]]:
        from training.data.contours import extrusion

        return [(*extrusion(image, count, 0), np.linspace(1, 9, count)) for count in counts]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("evaluate") / "data")


@pytest.fixture(scope="module")
def options(folder: Path) -> argparse.Namespace:
    from training.data.true_surfaces import surface_of
    from training.data.views import views_of
    from training.data.volumes import load

    fits = folder.parent / "fits"
    train = [load(e) for e in catalogue(folder) if e.split == "train"]
    views = [one for volume in train for one in views_of(volume, surface_of(volume), 40.0)]
    arrays = cloud_baselines.fit(views, Effort(steps=3, counts=(1024, 4096)))
    cloud_baselines.save(arrays, fits / "cloud.npz")
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    words = ["--weights", "none", "--data", str(folder), "--quick"]
    words += ["--json", str(folder.parent / "tables.json"), "--baselines", str(fits)]
    return parser.parse_args([*words, "--cache", str(folder.parent / "cache")])


def test_indices_are_spread_evenly_without_the_ends() -> None:
    assert evenly(11, 4) == [2, 4, 6, 8]
    assert evenly(1, 4) == [0]


def test_the_floor_is_an_independent_sample_of_the_truth(folder: Path, tmp_path: Path) -> None:
    entry = next(e for e in catalogue(folder) if e.split == "validation")

    (case,) = cases_of(entry, 1, tmp_path, seed=0)

    floor, truth = case.floors[1024][0], case.view.points
    assert not {tuple(p) for p in floor.tolist()} & {tuple(p) for p in truth.tolist()}


@pytest.mark.slow
def test_without_a_model_the_command_writes_the_baselines_tables(
    options: argparse.Namespace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.run(options) == 0

    tables = json.loads(options.json.read_text(encoding="utf-8"))
    assert set(tables["denoise"]) == {"5", "10", "25", "50"}
    assert {"input", "nlm", "tv", "by_region"} <= set(tables["denoise"]["10"])
    assert {"mean_shape", "nearest", "pca_ridge", "floor_4096"} <= set(tables["cloud"])
    assert "gap_closed" not in tables["cloud"]
    assert {"nlm", "tv"} == set(tables["cost"])
    assert capsys.readouterr().out == options.json.with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_with_a_model_all_keys_are_there_and_two_runs_are_equal(
    options: argparse.Namespace,
) -> None:
    runs = [evaluate.evaluate(options, Smoother(), silent) for _ in range(2)]  # type: ignore[arg-type]

    assert runs[0] == runs[1]
    tables = runs[0]
    ours = tables["denoise"]["10"]["ours"]
    assert {"psnr", "ssim", "rmse_hu", "no_harm", "bias_hu"} <= set(ours)
    assert {"signed_change_hu", "absolute_change_hu"} <= set(tables["denoise"]["100"]["ours"])
    cloud = {"L1_mm", "L1_mm_ci", "L2", "hd95_mm", "f5", "by_depth_mm", "by_structure"}
    assert cloud <= set(tables["cloud"]["ours"])
    assert {"ours_4096", "shuffled", "gap_closed", "by_region"} <= set(tables["cloud"])
    known = {"coverage90", "by_depth_mm", "spearman", "spearman_if_exact", "reliability"}
    assert known == set(tables["uncertainty"])
    assert tables["plane_px"] < 1
    assert tables["patients"] == 1
