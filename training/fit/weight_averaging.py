"""The running mean of a network's weights: what ships, steadier than the last step's."""

from collections.abc import Collection
from copy import deepcopy

import torch
from torch import nn

Named = dict[str, torch.Tensor]


class RunningMean:
    """`module` is the network whose weights are the mean of another's, step by step."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.module = deepcopy(net).requires_grad_(requires_grad=False)
        self.count, self._decay = 0, decay

    @torch.no_grad()
    def update(self, net: nn.Module, parts: Collection[str]) -> None:
        """Move the weights of these parts towards the current ones; faster at first, when all is
        new. A part that nothing is taught keeps the mean that it had: moved on, it would end as its
        last step's weights.
        """
        kept = 0.0 if self.count == 0 else min(self._decay, (1 + self.count) / (10 + self.count))
        for name in parts:
            averaged, current = _weights(self.module, name), _weights(net, name)
            torch._foreach_lerp_(averaged, current, 1 - kept)
        self.count += 1

    def state(self) -> dict[str, Named | int]:
        """What a checkpoint holds of it."""
        return {"average": self.module.state_dict(), "averaged": self.count}

    def load(self, average: Named, averaged: int) -> None:
        """Go on from a checkpoint's."""
        self.module.load_state_dict(average)
        self.count = int(averaged)


def _weights(net: nn.Module, part: str) -> list[torch.Tensor]:
    return [*net.get_submodule(part).parameters()]
