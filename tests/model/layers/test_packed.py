"""The network as a processor computes it soonest."""

import copy
import pickle

import pytest
import torch

from jrviewer.model.layers.packed import SIZES, PackedConv, PackedNet, is_possible, packed
from jrviewer.model.load import in_precision, load_model
from jrviewer.model.network import JointNet
from jrviewer.model.network_input import CT, MR
from tests.support.small_network import small_net

pytestmark = pytest.mark.skipif(
    not is_possible(small_net()), reason="this torch has no oneDNN to pack weights for"
)


def noisy(rows: int = 120, columns: int = 91) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return 40 + 30 * torch.randn(1, 1, rows, columns, generator=generator)


@pytest.fixture(scope="module")
def shipped() -> JointNet:
    return load_model("cpu").net


@pytest.mark.parametrize("kind", [CT, MR])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("shape", [(120, 91), (64, 200), (256, 256)])
def test_a_packed_network_denoises_to_the_last_bit_as_the_plain_one(
    shipped: JointNet, kind: float, count: int, shape: tuple[int, int], threads: None
) -> None:
    torch.set_num_threads(count)
    with torch.inference_mode():
        plain, found = (net.denoise(noisy(*shape), kind) for net in (shipped, packed(shipped)))

    assert torch.equal(found.hu, plain.hu)
    assert found.log_variance.numel() == 0


def test_a_packed_network_says_of_surfaces_what_the_plain_one_says(shipped: JointNet) -> None:
    canonical = noisy(128, 128)
    with torch.inference_mode():
        nets = shipped, packed(shipped)
        (plain, seen), (found, also_seen) = (net.described_surfaces(canonical) for net in nets)

    assert torch.equal(found.raw, plain.raw)
    assert torch.equal(also_seen, seen)


def test_slices_of_many_sizes_leave_weights_packed_for_few(shipped: JointNet) -> None:
    net = packed(shipped)
    with torch.inference_mode():
        for side in range(16, 16 + 8 * (SIZES + 2), 8):
            assert torch.equal(
                net.denoise(noisy(side + 128, side + 128), CT).hu,
                shipped.denoise(noisy(side + 128, side + 128), CT).hu,
            )
    layers = [one for one in net.modules() if isinstance(one, PackedConv)]
    kept = {len(one.orders) for one in layers if one.orders}

    assert kept == {SIZES}


def test_a_packed_network_that_has_worked_goes_to_another_process(shipped: JointNet) -> None:
    net = packed(shipped)
    with torch.inference_mode():
        before = net.denoise(noisy(), CT).hu
        after = pickle.loads(pickle.dumps(net)).denoise(noisy(), CT).hu

    assert torch.equal(after, before)


def test_packing_leaves_the_network_as_it_was() -> None:
    net = small_net()
    before = copy.deepcopy(net.state_dict())

    packed(net)

    assert net.state_dict().keys() == before.keys()
    assert all(torch.equal(now, before[name]) for name, now in net.state_dict().items())
    net.denoise(noisy(16, 16)).hu.sum().backward()  # gradients go through it as ever


def test_what_is_loaded_for_the_cpu_is_packed_in_every_precision() -> None:
    model = load_model("cpu")

    assert isinstance(model.packed, PackedNet)
    assert isinstance(in_precision(model, "int8").int8, PackedNet)


def test_a_torch_without_onednn_takes_the_plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.backends.mkldnn.is_available", lambda: False)
    net = small_net()

    assert packed(net) is net
