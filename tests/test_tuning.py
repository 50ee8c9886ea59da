import pytest
import torch

from jrviewer import tuning
from jrviewer.inference import load_model
from jrviewer.network import JointNet
from tests.small_network import small_net


def take(monkeypatch: pytest.MonkeyPatch, seconds: dict[bool, float], error_hu: float) -> None:
    """Let running take so many seconds, by bf16 or not, and bf16 be off by so much."""

    def timed(net: JointNet, hu: torch.Tensor, *, bf16: bool) -> tuple[float, torch.Tensor]:
        return seconds[bf16], net.denoise(hu).hu + (error_hu if bf16 else 0.0)

    monkeypatch.setattr(tuning, "_timed", timed)
    monkeypatch.setattr(tuning, "PATIENCE_S", 60.0)


def noisy(sd_hu: float) -> torch.Tensor:
    return 40 + sd_hu * torch.randn(1, 1, 128, 128, generator=torch.Generator().manual_seed(2))


def test_bf16_is_taken_where_it_is_faster_and_says_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take(monkeypatch, {False: 0.10, True: 0.05}, error_hu=0.5)
    assert tuning.fastest(small_net()).bf16


def test_bf16_that_is_slower_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    take(monkeypatch, {False: 0.10, True: 0.12}, error_hu=0.0)
    assert not tuning.fastest(small_net()).bf16


def test_bf16_that_says_something_else_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    take(monkeypatch, {False: 0.10, True: 0.05}, error_hu=1.5)
    assert not tuning.fastest(small_net()).bf16


def test_measuring_leaves_the_threads_as_they_were() -> None:
    before = torch.get_num_threads()
    tuning.fastest(small_net())
    assert torch.get_num_threads() == before


def test_the_shipped_network_in_bf16_stays_within_one_hu() -> None:
    net = load_model("cpu").net
    with torch.inference_mode():
        half, exact = (tuning.run(net, noisy(30.0), 0.0, bf16=bf16) for bf16 in (True, False))
    assert tuning._is_same(half, exact)
    assert not torch.equal(half, exact)


def test_a_very_noisy_slice_is_denoised_in_single_precision() -> None:
    net = load_model("cpu").net
    with torch.inference_mode():
        half, exact = (tuning.run(net, noisy(150.0), 0.0, bf16=bf16) for bf16 in (True, False))
    assert torch.equal(half, exact)


def test_asking_for_the_cpu_means_single_precision() -> None:
    assert not load_model("cpu").bf16
    assert not load_model("auto", exact=True).bf16
