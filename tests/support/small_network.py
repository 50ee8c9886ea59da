"""A real network with random weights, small enough for tests."""

import torch

from jrviewer.model.network import Config, JointNet

SMALL = Config(
    widths=(8, 8, 16), deep_blocks=1, context_width=16, context_blocks=1, cloud_widths=(16, 8, 8)
)


def small_net(seed: int = 0) -> JointNet:
    torch.manual_seed(seed)
    return JointNet(SMALL).eval()
