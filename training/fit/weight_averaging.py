"""The running mean of a network's weights, which is exported: steadier than the last step's."""

from collections.abc import Collection
from copy import deepcopy

import torch
from torch import nn

Named = dict[str, torch.Tensor]


class RunningMean:
    """`module` is the network whose weights are the mean of another's over the steps."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.module = deepcopy(net).requires_grad_(requires_grad=False)
        self.count, self._decay = 0, decay

    @torch.no_grad()
    def update(self, net: nn.Module, parts: Collection[str]) -> None:
        """Move the weights of these parts towards the current ones; faster in the beginning.

        The mean of a part that is not trained is left alone; updating it would turn it into that
        part's last weights.
        """
        kept = 0.0 if self.count == 0 else min(self._decay, (1 + self.count) / (10 + self.count))
        for name in parts:
            averaged, current = _weights(self.module, name), _weights(net, name)
            torch._foreach_lerp_(averaged, current, 1 - kept)
        self.count += 1

    def state(self) -> dict[str, Named | int]:
        """Its state for a checkpoint."""
        return {"average": self.module.state_dict(), "averaged": self.count}

    def load(self, average: Named, averaged: int) -> None:
        """Resume from a checkpoint's state."""
        self.module.load_state_dict(average)
        self.count = int(averaged)


def _weights(net: nn.Module, part: str) -> list[torch.Tensor]:
    return [*net.get_submodule(part).parameters()]
