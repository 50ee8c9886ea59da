"""The denoiser in eight bits. A slow computer may imitate what one with VNNI does itself."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from jrviewer.model import cpu_tuning
from jrviewer.model.joint_model import JointModel
from jrviewer.model.layers.int8 import in_int8
from jrviewer.model.load import in_precision, load_model
from jrviewer.model.network_input import CT
from tests.support.small_network import small_net

pytestmark = pytest.mark.skipif(
    torch.cpu.get_capabilities().get("architecture") != "x86_64",
    reason="oneDNN's eight bits are for x86",
)


def noisy(sd_hu: float) -> torch.Tensor:
    return 40 + sd_hu * torch.randn(1, 1, 128, 96, generator=torch.Generator().manual_seed(2))


@pytest.fixture(scope="module")
def exact() -> JointModel:
    return load_model("cpu")


@pytest.mark.parametrize("sd_hu", [5.0, 30.0])
def test_the_shipped_network_in_int8_adds_a_grain_of_a_few_per_cent_and_no_bias(
    exact: JointModel, sd_hu: float
) -> None:
    with torch.inference_mode():
        off = in_int8(exact.net).denoise(noisy(sd_hu), CT).hu
        off -= exact.net.denoise(noisy(sd_hu), CT).hu

    assert 0 < float(off.std()) < 0.05 * sd_hu
    assert abs(float(off.mean())) < 0.02 * sd_hu


def test_a_network_in_int8_goes_to_another_process(exact: JointModel) -> None:
    """As one that a prediction holds does in the self-test."""
    fast = in_precision(exact, "int8")
    with torch.inference_mode():
        before = fast.denoise(noisy(20.0)[0, 0].numpy(), "HU")
        copied = pickle.loads(pickle.dumps(fast))

    assert np.array_equal(copied.denoise(noisy(20.0)[0, 0].numpy(), "HU"), before)


def test_one_thread_gives_the_same_as_two(exact: JointModel, threads: None) -> None:
    net, found = in_int8(exact.net), []
    for count in (1, 2):
        torch.set_num_threads(count)
        with torch.inference_mode():
            found.append(net.denoise(noisy(20.0), CT).hu)

    assert torch.equal(*found)


def test_making_it_leaves_the_network_as_it_was_and_shares_the_cloud_head() -> None:
    net = small_net()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}

    twin = in_int8(net)

    assert twin.cloud is net.cloud
    assert before.keys() == net.state_dict().keys()
    assert all(torch.equal(net.state_dict()[name], before[name]) for name in before)


def test_the_cloud_is_inferred_in_single_precision(exact: JointModel) -> None:
    image = noisy(10.0)[0, 0].numpy()
    fast = replace(exact, int8=in_int8(exact.net))

    ours, theirs = fast.infer_surfaces(image)[0], exact.infer_surfaces(image)[0]

    assert (ours.mass == theirs.mass).all()
    assert (fast.denoise(image, "HU") != exact.denoise(image, "HU")).any()


def test_mr_is_denoised_in_single_precision(exact: JointModel) -> None:
    pixels = np.abs(noisy(10.0)[0, 0].numpy())
    fast = replace(exact, int8=in_int8(exact.net))

    assert (fast.denoise(pixels, "stored") == exact.denoise(pixels, "stored")).all()


def test_a_slice_without_any_contrast_stays_as_it_is(exact: JointModel) -> None:
    flat = torch.zeros(1, 1, 64, 64)
    with torch.inference_mode():
        off = in_int8(exact.net).denoise(flat, CT).hu - exact.net.denoise(flat, CT).hu

    assert float(off.abs().max()) < 0.5


def test_a_very_noisy_slice_is_denoised_in_single_precision(exact: JointModel) -> None:
    with torch.inference_mode():
        fast = cpu_tuning.run(exact.net, in_int8(exact.net), noisy(150.0), CT)
        assert torch.equal(fast, exact.net.denoise(noisy(150.0), CT).hu)
