"""A real network with random weights, small enough for tests."""

import numpy as np
import torch

from jrviewer.model.joint_model import JointModel
from jrviewer.model.network import Config, JointNet
from jrviewer.model.out_of_distribution import Familiarity

SMALL = Config(
    widths=(8, 8, 16), deep_blocks=1, context_width=16, context_blocks=1, cloud_widths=(16, 8, 8)
)


def small_net(seed: int = 0) -> JointNet:
    torch.manual_seed(seed)
    return JointNet(SMALL).eval()


def model_with_distance_limit(limit: float) -> JointModel:
    """A small model whose input check refuses nearly every slice, or none, depending on `limit`."""
    net = small_net()
    width = len(
        JointModel("", "", "", net, 1.0).infer_surfaces(np.full((128, 128), -1000, np.float32))[1]
    )
    known = Familiarity(
        centre=np.zeros(width, np.float32),
        scale=np.ones(width, np.float32),
        axes=np.eye(2, width, dtype=np.float32),
        spread=np.ones(3, np.float32),
        upright=np.zeros(width + 1, np.float32),
        limits=np.array([limit, 1.0], np.float32),
    )
    return JointModel("small 0", "0" * 64, "CPU fp32", net, sharpness=1.0, familiarity=known)
