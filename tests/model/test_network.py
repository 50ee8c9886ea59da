import numpy as np
import pytest
import torch

from jrviewer.diagnostics.multiply_adds import MultiplyAdds
from jrviewer.model.devices import is_kept_from_onednn
from jrviewer.model.layers.convolution import Conv
from jrviewer.model.network import Config, JointNet, Up, slow_part
from jrviewer.model.network_input import CT, DETAIL_HU, MR, see
from tests.support.small_network import small_net


def test_a_slice_comes_back_at_its_own_size_whatever_that_is() -> None:
    denoised = small_net().denoise(torch.zeros(2, 1, 50, 67))

    assert denoised.hu.shape == denoised.log_variance.shape == (2, 1, 50, 67)


def test_an_untrained_head_leaves_the_slice_as_it_is() -> None:
    hu = torch.linspace(-1000, 3000, 64 * 64).reshape(1, 1, 64, 64)

    assert torch.equal(small_net().denoise(hu).hu, hu)


def test_surfaces_have_a_cell_for_every_structure_layer_and_pixel() -> None:
    surfaces = small_net().surfaces(torch.zeros(1, 1, 128, 128))

    assert surfaces.logits.shape == (1, 3, 16, 128, 128)
    assert surfaces.log_sigma.shape == (1, 3, 16, 64, 64)


def test_the_network_is_told_whether_it_sees_ct_or_mr() -> None:
    net, hu = small_net(), torch.randn(1, 1, 32, 32) * 100
    torch.nn.init.normal_(net.denoising.out.weight)

    assert not torch.allclose(net.denoise(hu, CT).hu, net.denoise(hu, MR).hu)


def test_a_batch_gives_what_its_slices_give_alone() -> None:
    net, hu = small_net(), torch.randn(3, 1, 32, 32) * 100
    kinds = torch.tensor([CT, MR, CT])

    together = net.denoise(hu, kinds).hu

    for index in range(3):
        alone = net.denoise(hu[index : index + 1], float(kinds[index])).hu
        assert torch.allclose(together[index : index + 1], alone, atol=1e-2)


def test_both_heads_read_the_same_encoder() -> None:
    net = small_net()
    torch.nn.init.normal_(net.denoising.out.weight)
    hu, canonical = torch.randn(1, 1, 32, 32) * 100, torch.randn(1, 1, 128, 128) * 100

    denoised, surfaces = net(hu, CT, canonical)
    (denoised.hu.sum() + surfaces.logits.sum()).backward()

    assert all(p.grad is not None for p in net.encoder.parameters())


@pytest.mark.parametrize("pixels", [128, 512])
def test_the_shipped_sizes_stay_within_40_thousand_operations_a_pixel(pixels: int) -> None:
    net = JointNet(Config())
    with torch.inference_mode(), MultiplyAdds() as counted:
        net.denoise(torch.zeros(1, 1, pixels, pixels))
        if pixels == 512:
            net.surfaces(torch.zeros(1, 1, 128, 128))

    assert counted.total / pixels**2 <= 40_000


def test_the_slow_part_keeps_a_mean_and_drops_fine_noise() -> None:
    noise = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    flat = torch.full_like(noise, 55.0)
    assert torch.allclose(slow_part(flat, 1.9), flat, atol=1e-3)
    assert slow_part(noise, 1.9).std() < 0.2 * noise.std()


@pytest.mark.parametrize(
    ("kind", "slow_pixels", "kept"), [(CT, 1.9, 0.6), (CT, 0, 0), (MR, 1.9, 0)]
)
def test_the_slow_part_is_given_back_on_ct_where_that_is_asked_for(
    kind: float, slow_pixels: float, kept: float
) -> None:
    """Of a lesion that the head takes away altogether."""
    rows, columns = np.ogrid[:96, :96]
    lesion = np.hypot(rows - 48, columns - 48) < 8
    hu = torch.from_numpy(np.where(lesion, 80.0, 40.0).astype(np.float32))[None, None]

    class Everything(torch.nn.Module):
        def forward(self, features: tuple[torch.Tensor, ...]) -> torch.Tensor:
            return torch.cat([hu / DETAIL_HU, torch.zeros_like(hu)], dim=1)

    net = small_net()
    net.slow_pixels = slow_pixels
    net.denoising = Everything()  # type: ignore[assignment]
    with torch.inference_mode():
        left = net.denoise(hu, kind).hu[0, 0].numpy()

    assert left[lesion].mean() - left[~lesion].mean() >= kept * 40 - 1e-3
    wanted = hu.mean().item() if kept else 0.0
    assert left.mean() == pytest.approx(wanted, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("size", [(1, 224, 8, 8), (1, 24, 64, 64), (2, 16, 8, 8)])
def test_images_of_any_size_are_convolved_alike(size: tuple[int, ...]) -> None:
    torch.manual_seed(3)
    x = torch.randn(size).contiguous(memory_format=torch.channels_last)
    ours = Conv(size[1], 12, 3, padding=1).requires_grad_(requires_grad=False)
    theirs = torch.nn.functional.conv2d(x, ours.weight, ours.bias, padding=1)

    with torch.inference_mode():
        found = ours(x)

    assert torch.allclose(found, theirs, atol=1e-4)


@pytest.mark.parametrize("threads", [1, 2])
def test_pixel_by_pixel_layers_give_the_same_on_one_thread_as_on_two(threads: int) -> None:
    torch.manual_seed(3)
    layer = Conv(32, 48, 1).requires_grad_(requires_grad=False)
    x = torch.randn(1, 32, 64, 64).contiguous(memory_format=torch.channels_last)
    assert layer.bias is not None
    weight, bias = layer.weight.double(), layer.bias.double()
    theirs = torch.nn.functional.conv2d(x.double(), weight, bias)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            assert is_kept_from_onednn(x, layer.weight) == (threads == 1)
            found = layer(x)
    finally:
        torch.set_num_threads(before)

    assert torch.allclose(found.double(), theirs, atol=1e-5)


@pytest.mark.parametrize("wanted", [True, False])
def test_up_adds_a_pixel_shuffle_and_changes_its_input_only_without_gradients(wanted: bool) -> None:
    torch.manual_seed(3)
    up, x, fine = Up(6, 5), torch.randn(2, 6, 4, 3), torch.randn(2, 5, 8, 6)
    expected = fine + torch.nn.functional.pixel_shuffle(up[0](x), 2)
    given = fine.clone(memory_format=torch.channels_last)

    with torch.set_grad_enabled(wanted):
        found = up(x, given)

    assert torch.allclose(found, expected, atol=1e-5)
    assert torch.equal(given, fine) == wanted
    assert found.requires_grad == wanted


def test_what_the_encoder_saw_is_told_by_means_and_standard_deviations() -> None:
    net, image = small_net(), 300 * torch.randn(1, 1, 128, 128)
    with torch.no_grad():
        features = net.encoder(see(image, CT))
        _, described = net.described_surfaces(image)

    told = torch.cat([torch.cat([x.mean((2, 3)), x.std((2, 3))], dim=1) for x in features], dim=1)
    assert torch.allclose(described[:, : told.shape[1]], told, rtol=1e-4, atol=1e-6)
