from typing import get_args

import pytest
import torch

from jrviewer import dicom
from jrviewer.core.resources import resource
from jrviewer.diagnostics import phantom_truth
from jrviewer.model import cpu_tuning, kept_choice
from jrviewer.model.kept_choice import Precision
from jrviewer.model.load import in_precision, load_model
from jrviewer.model.network import JointNet
from jrviewer.model.network_input import CT
from jrviewer.model.predict import predict
from tests.support.small_network import small_net

WEIGHTS = "ef" * 32


def take(
    monkeypatch: pytest.MonkeyPatch,
    seconds: dict[bool, float],
    error_hu: float,
    able: Precision = "bf16",
) -> None:
    """Let running take so many seconds, in the processor's own precision or not, and that precision
    be off by so much, at every second pixel in the other direction.
    """

    def run(net: JointNet, fast: JointNet | None, hu: torch.Tensor, kind: float) -> torch.Tensor:
        signs = torch.ones(hu.shape[-1])
        signs[::2] = -1
        return net.denoise(hu, kind).hu + (0.0 if fast is None else error_hu) * signs

    monkeypatch.setattr(cpu_tuning, "run", run)
    monkeypatch.setattr(cpu_tuning, "_seconds", lambda net, fast, hu: seconds[fast is not None])
    monkeypatch.setattr(cpu_tuning, "multiplies_bfloat16", lambda: able == "bf16")
    monkeypatch.setattr(cpu_tuning, "multiplies_int8", lambda: able == "int8")


def noisy(sd_hu: float) -> torch.Tensor:
    return 40 + sd_hu * torch.randn(1, 1, 128, 128, generator=torch.Generator().manual_seed(2))


def test_bf16_is_taken_where_it_is_faster_and_says_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take(monkeypatch, {False: 0.10, True: 0.05}, error_hu=0.5)
    assert cpu_tuning.fastest(small_net()).precision == "bf16"


def test_bf16_that_is_slower_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    take(monkeypatch, {False: 0.10, True: 0.12}, error_hu=0.0)
    assert cpu_tuning.fastest(small_net()) == cpu_tuning.EXACT


def test_bf16_that_is_imitated_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    take(monkeypatch, {False: 0.10, True: 0.05}, error_hu=0.0)
    monkeypatch.setattr(cpu_tuning, "multiplies_bfloat16", lambda: False)

    assert cpu_tuning.fastest(small_net()) == cpu_tuning.EXACT


def test_a_busy_moment_spoils_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program disturbs every way's first runs, the fastest one's most."""
    take(monkeypatch, {False: 0.10, True: 0.05}, error_hu=0.0)
    counted: dict[bool, int] = {False: 0, True: 0}

    def seconds(net: JointNet, fast: JointNet | None, hu: torch.Tensor) -> float:
        counted[fast is not None] += 1
        disturbed = counted[fast is not None] <= 4
        return (0.05 if fast is not None else 0.10) * (20.0 if disturbed else 1.0)

    monkeypatch.setattr(cpu_tuning, "_seconds", seconds)
    assert cpu_tuning.fastest(small_net()).precision == "bf16"


def test_bf16_that_says_something_else_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    take(monkeypatch, {False: 0.10, True: 0.05}, error_hu=1.5)
    assert cpu_tuning.fastest(small_net()) == cpu_tuning.EXACT


@pytest.mark.parametrize(
    ("seconds", "error_hu", "precision"),
    [(0.05, 0.5, "int8"), (0.05, 2.0, "fp32"), (0.12, 0.5, "fp32")],
)
def test_int8_is_taken_where_it_is_faster_and_adds_little_grain(
    monkeypatch: pytest.MonkeyPatch, seconds: float, error_hu: float, precision: Precision
) -> None:
    take(monkeypatch, {False: 0.10, True: seconds}, error_hu, able="int8")
    monkeypatch.setattr(cpu_tuning, "in_int8", lambda net: net)
    assert cpu_tuning.fastest(small_net()).precision == precision


def test_measuring_leaves_the_threads_as_they_were() -> None:
    before = torch.get_num_threads()
    cpu_tuning.fastest(small_net())
    assert torch.get_num_threads() == before


def test_the_shipped_network_in_bf16_stays_within_one_hu() -> None:
    net = load_model("cpu").net
    with torch.inference_mode():
        half, exact = (
            cpu_tuning.run(net, way, noisy(30.0), CT) for way in (cpu_tuning.halved(net), None)
        )
    assert cpu_tuning._is_same(half, exact, "bf16")
    assert not torch.equal(half, exact)


def test_a_very_noisy_slice_is_denoised_in_single_precision() -> None:
    net = load_model("cpu").net
    with torch.inference_mode():
        half, exact = (
            cpu_tuning.run(net, way, noisy(150.0), CT) for way in (cpu_tuning.halved(net), None)
        )
    assert torch.equal(half, exact)


def test_asking_for_the_cpu_means_single_precision() -> None:
    for model in (load_model("cpu"), load_model("auto", exact=True)):
        assert (model.half, model.int8, model.device) == (None, None, "CPU fp32")


@pytest.mark.parametrize("precision", get_args(Precision))
def test_a_precision_can_be_measured_that_was_not_chosen(precision: Precision) -> None:
    model = in_precision(load_model("cpu"), precision)

    assert model.device == f"CPU {precision}"
    assert (model.half is not None) == (precision == "bf16")
    assert (model.int8 is not None) == (precision == "int8")


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_the_shipped_cloud_in_less_precision_is_as_near_to_the_truth(precision: Precision) -> None:
    """Its points are others, as a hair's breadth moves them along the surface."""
    exact = load_model("cpu")
    sample = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    models = exact, in_precision(exact, precision)
    scores = [phantom_truth.score(predict(model, sample)) for model in models]
    first, second = (one.chamfer_mm for one in scores if one is not None)

    assert first != second
    assert second == pytest.approx(first, abs=0.15)


def test_the_way_is_chosen_once_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next start is busier, and takes the same way all the same: same slice, same numbers."""
    net = small_net()
    take(monkeypatch, {False: 0.10, True: 0.05}, error_hu=0.0)
    assert cpu_tuning.kept(net, WEIGHTS).precision == "bf16"

    take(monkeypatch, {False: 0.10, True: 5.0}, error_hu=0.0)
    assert cpu_tuning.kept(net, WEIGHTS).precision == "bf16"
    kept_choice.forget()
    assert cpu_tuning.kept(net, WEIGHTS) == cpu_tuning.EXACT
