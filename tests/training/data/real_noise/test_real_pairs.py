import numpy as np
import torch

from jrviewer.model.network_input import CT, MR
from tests.support.record_factory import body_image
from training.data.real_noise import magnetic
from training.data.real_noise.real_pairs import Anatomy, RealPairs
from training.data.real_noise.references import UNITS_PER_HU


def anatomy(size: int = 128, pixel_mm: float = 0.8) -> Anatomy:
    image = np.rint(body_image(size, size) * UNITS_PER_HU).astype(np.int16)
    return Anatomy(np.stack([image] * 2), pixel_mm, 1.0)


def pairs() -> RealPairs:
    head = np.clip(body_image(128, 128) / 1000 + 1, 0, 1).astype(np.float32)
    return RealPairs([anatomy(), anatomy(96, 1.5)], [anatomy()], [head])


def test_batches_are_like_those_of_the_other_pool() -> None:
    clean, noisy, discs, kind = pairs().draw(24, 48, torch.Generator().manual_seed(1))
    for part in (clean, noisy, discs):
        assert part.shape == (24, 1, 48, 48)
        assert part.dtype == torch.float32
    assert set(kind.tolist()) == {CT, MR}


def test_ct_gets_noise_at_real_levels_and_some_phantoms_none() -> None:
    clean, noisy, _, kind = pairs().draw(64, 48, torch.Generator().manual_seed(2))
    sd = (noisy - clean)[kind == CT].std(dim=(1, 2, 3))
    assert (sd == 0).sum() >= 1
    assert sd[sd > 0].min() > 3.5
    assert sd.max() < 81


def test_one_generator_gives_one_batch() -> None:
    one, other = (pairs().draw(4, 48, torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_mr_noise_is_rician_and_smooth() -> None:
    random = torch.Generator().manual_seed(5)
    empty = torch.zeros(96, 96)
    found = [magnetic.noisy(empty, random) for _ in range(20)]
    assert all(image.min() >= 0 for image in found)
    assert all(image.mean() > 0 for image in found)
    rough = torch.stack([(image[:, 1:] - image[:, :-1]).std() / image.std() for image in found])
    assert rough.min() < 0.8  # independent pixels would differ by 1.4


def test_ct_made_to_look_like_mr_stays_within_its_values() -> None:
    hu = torch.linspace(-1024, 3000, 500).reshape(20, 25)
    values = magnetic.recoloured(hu, torch.Generator().manual_seed(6))
    assert values.min() >= 0
    assert values.max() <= 1
