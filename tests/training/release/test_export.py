import json
from pathlib import Path

import numpy as np
import pytest
import torch

from jrviewer.core.errors import JRViewerError, ModelError
from jrviewer.model.load import load_model
from tests.training.support.pool_factory import TINY
from training.release.card_page import as_markdown
from training.release.export import export

pytestmark = pytest.mark.slow  # as a whole


def test_the_app_loads_what_was_exported_and_gets_the_run_s_numbers(
    run: Path, tmp_path: Path
) -> None:
    weights = export(run, tmp_path / "model")
    pixels = np.random.default_rng(0).normal(0, 50, (40, 56)).astype(np.float32)

    denoised = load_model("cpu", weights).denoise(pixels, "HU")

    state = torch.load(run / "last.ckpt", weights_only=True)
    from jrviewer.model.network import Config, JointNet

    net = JointNet(Config.from_values(state["preset"]["model"]))
    net.load_state_dict(state["average"])
    with torch.inference_mode():
        expected = net.denoise(torch.from_numpy(pixels)[None, None]).hu[0, 0].numpy()
    assert np.abs(denoised - expected).max() < 0.5


def test_the_card_names_the_very_file(run: Path, tmp_path: Path) -> None:
    weights = export(run, tmp_path / "model")
    card = json.loads((tmp_path / "model" / "card.json").read_text())

    assert card["weights_sha256"] == load_model("cpu", weights).weights_sha256
    assert card["steps"] == TINY.steps
    assert card["began_with"] == ""
    assert "beginning with" not in as_markdown(card)
    assert "beginning with the weights `0123456789ab`" in as_markdown(
        card | {"began_with": "0123456789abcdef"}
    )


def test_the_card_lists_every_source_of_the_training_patients(run: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "volumes.csv").write_text(
        "name,split,source,licence\n"
        "a,train,Archive A,CC BY 3.0\n"
        "b,train,Archive A,CC BY 3.0\n"
        "c,validation,Archive B,CC BY 4.0\n"
    )

    export(run, tmp_path / "model", data)

    card = json.loads((tmp_path / "model" / "card.json").read_text())
    named = {source["source"]: source.get("volumes") for source in card["data"]}
    assert named["Archive A"] == 2
    assert "Archive B" not in named
    assert "Archive A, 2 volumes: CC BY 3.0" in (tmp_path / "model" / "card.md").read_text()


def test_the_card_holds_the_numbers_that_the_sample_gives(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "model")

    expected = json.loads((tmp_path / "model" / "card.json").read_text())["expected"]["sample"]
    assert expected["file"] == "phantom.dcm"
    assert expected["points"] == 1024
    assert -1000 < expected["denoised_mean"] < 0


def test_the_card_shows_what_was_measured_and_what_denoising_costs(
    run: Path, tmp_path: Path
) -> None:
    bias = {"soft_tissue": 2.44, "lung": -0.12, "bone": 0.71}
    scores = {"psnr": 30.123, "no_harm": 0.972, "contrast_kept": 0.514, "cnr_gain": 1.846}
    ours = scores | {"bias_hu": bias}
    evaluation = {
        "patients": 2,
        "denoise": {"10": {"ours": ours, "by_region": {}}, "100": {"ours": {}}},
        "cloud": {"ours": {"L1_mm": 6.36}, "gap_closed": 0.785},
        "uncertainty": {"coverage90": 0.884, "spearman": 0.339},
        "ood": {
            "auroc": 0.9971,
            "false_alarms": 0.025,
            "good_slices": 40,
            "seen_through": {"sagittal": 0.975},
        },
    }
    (tmp_path / "evaluation.json").write_text(json.dumps(evaluation))

    export(run, tmp_path / "model", evaluation=tmp_path / "evaluation.json")

    card = (tmp_path / "model" / "card.md").read_text()
    assert "| Sagittal | 98 % |" in card
    assert "| 10 % | 97.2 % | 51 % | × 1.85 | +2.4, −0.1, +0.7 |" in card
    assert "88 % of the points lie within their 90 % radius" in card
    assert "correlation of sigma with a point's error is 0.34" in card
    assert "1 of 40 good slices raise it" in card


def test_the_card_puts_real_noise_first(run: Path, tmp_path: Path) -> None:
    kept = {"standard": {"contrast_kept": 0.87}, "high": {"contrast_kept": 0.74}}
    evaluation = {
        "patients": 2,
        "cloud_of": "0123456789abcdef",
        "real": {
            "series": {"chest_a": {"sd_before": 11.0, "sd_after": {"low": 7.7, "standard": 5.5}}},
            "discs": {"20": kept},
            "pairs_by_folder": {
                "soft": {
                    "count": 14,
                    "ours_high": {"gain_db": 4.637, "ssim": 0.7641},
                    "nlm_0.6": {"gain_db": 3.41, "ssim": 0.7381},
                }
            },
        },
        "cloud": {"ours": {"L1_mm": 6.36}, "gap_closed": 0.785},
        "uncertainty": {"coverage90": 0.884, "spearman": 0.339},
        "ood": {"auroc": 0.9971, "false_alarms": 0.025, "good_slices": 40},
    }
    (tmp_path / "evaluation.json").write_text(json.dumps(evaluation))

    export(run, tmp_path / "model", evaluation=tmp_path / "evaluation.json")

    card = (tmp_path / "model" / "card.md").read_text()
    assert "| chest: a | 11.0 | 7.7 | 5.5 |" in card
    assert "87 % at Standard and 74 % at High in noise of 20 HU" in card
    assert "| method | soft, 14 slices |" in card
    assert "| JRViewer, High | +4.64 dB, 0.764 |" in card
    assert "| non-local means told the noise, × 0.6 | +3.41 dB, 0.738 |" in card
    assert "Simulated doses" not in card
    assert "measured with the weights `0123456789ab`" in card


def test_others_may_read_the_weights(run: Path, tmp_path: Path) -> None:
    assert export(run, tmp_path / "model").stat().st_mode & 0o044 == 0o044


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JRViewerError, match="no checkpoint"):
        export(tmp_path, tmp_path / "model")


def test_damaged_weights_are_refused(run: Path, tmp_path: Path) -> None:
    weights = export(run, tmp_path / "model")
    content = bytearray(weights.read_bytes())
    content[:8] = b"\xff" * 8
    weights.write_bytes(content)

    with pytest.raises(ModelError, match="damaged"):
        load_model("cpu", weights)
