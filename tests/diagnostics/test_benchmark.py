import json
from pathlib import Path

import pytest
import torch

from jrviewer import cli
from jrviewer.diagnostics import benchmark
from jrviewer.model import kept_choice
from jrviewer.model.network import Config, JointNet
from jrviewer.model.network_input import CT
from tests.support.small_network import small_net


def test_tasks_are_timed_in_turn_after_a_round_that_warms_up() -> None:
    order: list[str] = []
    seconds = benchmark.in_turn({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2)

    assert order == ["a", "b"] * 3
    assert [len(taken) for taken in seconds.values()] == [2, 2]
    assert min(seconds["a"]) > 0


def test_operations_are_those_of_the_convolutions() -> None:
    net = small_net()
    hu = torch.zeros(1, 1, 512, 512)
    counted = 0

    def count(module: torch.nn.Conv2d, _: object, out: torch.Tensor) -> None:
        nonlocal counted
        counted += out.numel() * module.weight[0].numel()

    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    with torch.inference_mode():
        net.denoise(hu, CT)

    in_layers = counted / hu.numel()

    assert 0 <= benchmark.macs_of_denoising(net) - in_layers <= 60  # the slow part is no layer


def test_the_shipped_sizes_cost_what_the_page_says() -> None:
    assert round(benchmark.macs_of_denoising(JointNet(Config())), -3) == 31_000


@pytest.mark.slow
def test_a_quick_run_gives_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "--quick", "--beside-load", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert set(found["peak_gflops"]) == {"fp32", "bf16"}
    assert set(found["predict_512_ms"]) == {"median", "p95"}
    for key in ("denoise_512_ms", "cloud_ms", "share_of_peak", "series_slices_per_s", "rss_mb"):
        assert found[key] > 0
    assert found["import_ms"]["numpy"] > 0
    assert found["series"]["slices_per_s"] == found["series_slices_per_s"]
    assert found["series"]["cancel_s"] > 0
    beside = found["beside_load"]
    assert set(beside["ms"]) == {
        *("predict", "predict_fastest", "denoise", "denoise_fastest", "cloud")
    }
    assert all(set(one) == {"median", "p95", "times_alone"} for one in beside["ms"].values())
    assert beside["series_slices_per_s"] > 0


def test_the_command_line_chooses_the_precision_anew_and_keeps_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / kept_choice.FILE
    monkeypatch.setattr(kept_choice, "path", lambda: file)
    file.write_text('{"of another computer": {"precision": "fp32"}}')

    assert cli.main(["bench", "--choose-again", "--json"]) == 0

    device = json.loads(capsys.readouterr().out)["device"]
    [kept] = json.loads(file.read_text()).values()
    assert device == f"CPU {kept['precision']}"
