from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import silent
from jrviewer.core.records import Unit
from tests.support.dicom_factory import write_ct
from tests.support.record_factory import body_image
from training.baselines.denoisers import Peers
from training.evaluate.real_noise import real
from training.evaluate.real_noise.known import phantom_table, real_like
from training.evaluate.real_noise.methods import Methods, alike
from training.evaluate.real_noise.pairs import pairs_tables
from training.evaluate.real_noise.series import Scan


def smoothed(pixels: FloatArray, unit: Unit) -> FloatArray:
    from scipy.ndimage import median_filter

    result: FloatArray = median_filter(pixels, 5)
    return result


@pytest.fixture
def methods(tmp_path: Path) -> Methods:
    return Methods(smoothed, Peers(tmp_path))


def test_a_series_is_told_by_strength(methods: Methods) -> None:
    random, body = np.random.default_rng(0), body_image(192, 192)
    slices = [(body + random.normal(0, 15, body.shape)).astype(np.float32) for _ in range(3)]
    told = real.series_row(Scan("chest", "B30f", "HU", 0.8, slices), methods)
    assert told["kernel"] == "B30f"
    assert told["reduction"]["low"] == pytest.approx(0.3, abs=0.02)
    assert told["reduction"]["standard"] == pytest.approx(0.5, abs=0.02)
    assert told["sd_after"]["high"] < told["sd_after"]["standard"] < told["sd_before"]
    assert told["evenness"]["standard"] < 0.02
    assert {"nlm", "tv"} <= told["peers"].keys()


def test_pairs_are_scored_against_their_twins(tmp_path: Path, methods: Methods) -> None:
    full = body_image(128, 128).astype(np.int16)
    for number, (kernel, sd) in enumerate({"soft": 20, "sharp": 40}.items()):
        folder = tmp_path / "pairs" / kernel
        folder.mkdir(parents=True)
        noisy = full + np.random.default_rng(number).normal(0, sd, full.shape)
        write_ct(folder / "one.dcm", noisy, signed=True)
        np.save(folder / "one.full.npy", full)

    tables = pairs_tables(tmp_path / "pairs", methods, silent)

    table, by_folder = tables["pairs"], tables["pairs_by_folder"]
    assert table["input"]["gain_db"] == 0
    assert by_folder["soft"]["count"] == by_folder["sharp"]["count"] == 1
    assert by_folder["soft"]["input"]["rmse_hu"] == pytest.approx(20, rel=0.05)
    assert table["input"]["rmse_hu"] == pytest.approx(30, rel=0.05)
    assert table["ours_standard"]["gain_db"] > 2
    assert table["nlm_1"]["psnr"] > table["input"]["psnr"]


def test_phantoms_are_told_by_how_much_they_change(methods: Methods) -> None:
    table = phantom_table(methods)
    assert 0 < table["standard"]["change_sd_hu"] <= table["full"]["change_sd_hu"]


def test_real_like_noise_has_its_peak_where_a_real_abdomen_has() -> None:
    power = np.abs(np.fft.fft2(real_like((256, 256), seed=0))) ** 2
    at = np.fft.fftfreq(256) * 2
    nyquist = np.hypot(at[:, None], at)
    rings = [power[np.abs(nyquist - share) < 0.02].mean() for share in (0.1, 0.35, 0.7)]
    assert rings[1] == max(rings)
    assert rings[2] < 0.05 * rings[1]


def test_non_local_means_are_compared_where_they_take_as_much(methods: Methods) -> None:
    clean = body_image(192, 192).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 15, clean.shape).astype(np.float32)
    body = clean > -500

    image = alike(clean + noise, clean + 0.3 * noise, body, sigma=6.0)

    taken = (clean + noise - image)[body].std()
    assert taken == pytest.approx(0.7 * noise[body].std(), rel=0.01)
    told = real.series_row(Scan("chest", "", "HU", 0.8, [clean + noise]), methods)
    assert "nlm_alike" in told["peers"]
